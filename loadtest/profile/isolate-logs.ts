import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Every thread of a process under --prof has a log of its own, and 0x reads whichever it finds first: only that of the main thread is left,
 * which is the oldest. V8 goes on writing into a file that is gone, so this is done before the process ends.
 */
export function keepMainThreadLog(dir: string): void {
  const logs = readdirSync(dir)
    .filter((name) => /^isolate-.*-v8\.log$/.test(name))
    .map((name) => ({ path: join(dir, name), birthMs: statSync(join(dir, name)).birthtimeMs }))
    .sort((a, b) => a.birthMs - b.birthMs)
  for (const { path } of logs.slice(1)) rmSync(path)
}
