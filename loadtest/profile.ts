/** `npm run profile -- TOOL --scenario NAME`: the API under 0x or Clinic, under load. loadtest/profile/options.ts says what may be asked. */
import { profileCommand } from './profile/command.ts'

process.exitCode = await profileCommand(process.argv.slice(2), process.env)
