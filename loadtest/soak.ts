/** `npm run soak`: load, rest, load again, and what stays behind. loadtest/soak/options.ts says what may be asked. */
import { soakCommand } from './soak/command.ts'

process.exitCode = await soakCommand(process.argv.slice(2), process.env)
