/** `npm run bench [-- NAME …]`: measures the service on this machine. loadtest/bench/options.ts says what may be asked. */
import { benchCommand } from './bench/command.ts'

process.exitCode = await benchCommand(process.argv.slice(2), process.env)
