/** `npm run drill`: faults and mistakes under load. loadtest/drills/command.ts says what may be asked. */
import { drillCommand } from './drills/command.ts'

process.exitCode = await drillCommand(process.argv.slice(2), process.env)
