/** `npm run gate`: load tests that must pass, for whoever merges. loadtest/gate/command.ts says what may be asked. */
import { gateCommand } from './gate/command.ts'

process.exitCode = await gateCommand(process.argv.slice(2), process.env)
