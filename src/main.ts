/** argv → command → run. Nothing else. Only this file reads the environment. */
import { fileURLToPath } from 'node:url'
import { runCommand } from './commands/run.ts'

process.exitCode = await runCommand(process.argv.slice(2), {
  env: process.env,
  mainPath: fileURLToPath(import.meta.url),
  print: (line) => process.stdout.write(`${line}\n`),
  report: (line) => process.stderr.write(`${line}\n`),
})
