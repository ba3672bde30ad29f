import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync } from 'node:fs'
import { dirname } from 'node:path'

const tailBytes = 4096
const tailLines = 20

/** A log that grew beyond this begins anew when it is next opened. */
const maxBytes = 10 * 1024 * 1024

/** Opens a log for appending, its folder made where it is missing. Whoever opens it closes it. */
export function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true })
  const log = openSync(path, 'a')
  if (fstatSync(log).size > maxBytes) ftruncateSync(log)
  return log
}

/** The last lines of a log, for an error that tells why a program ended; empty when there is none. */
export function tailLog(path: string): string {
  let log: number | undefined
  try {
    log = openSync(path, 'r')
    const { size } = fstatSync(log)
    const buffer = Buffer.alloc(Math.min(size, tailBytes))
    const read = readSync(log, buffer, 0, buffer.length, size - buffer.length)
    return buffer.toString('utf8', 0, read).trimEnd().split('\n').slice(-tailLines).join('\n')
  } catch {
    return ''
  } finally {
    if (log !== undefined) closeSync(log)
  }
}
