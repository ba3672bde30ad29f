/** `npm run loadtest -- SCENARIO`: k6 against the whole service on this machine. loadtest/run/options.ts says what may be asked. */
import { loadtestCommand } from './run/command.ts'

process.exitCode = await loadtestCommand(process.argv.slice(2))
