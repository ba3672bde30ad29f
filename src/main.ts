/** argv → command → run. Nothing else. Only this file reads the environment. */
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// Before anything else is loaded: the next start is faster, and its process smaller.
enableCompileCache()
const { runCommand } = await import('./commands/run.ts')

process.exitCode = await runCommand(process.argv.slice(2), {
  env: process.env,
  mainPath: fileURLToPath(import.meta.url),
  print: (line) => process.stdout.write(`${line}\n`),
  report: (line) => process.stderr.write(`${line}\n`),
})

// A Kafka request that outlives its client may connect it again: what is left open does not keep a process that is done.
const LINGER_MS = 1000
setTimeout(() => process.exit(), LINGER_MS).unref()
