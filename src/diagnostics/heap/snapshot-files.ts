/** What a heap snapshot needs of the disk: a name for what is not whole yet, and its compression. */
import { randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { partPath, removeOrphans } from '../artifacts/files.ts'
import { limits } from '../limits.ts'
import { Refusal } from '../refusal.ts'

/** In the system's folder: a number of the process, 16 digits, two more when it is compressed. Nobody else's files look like that. */
const PART = /^\.heapsnapshot-(\d+)-[0-9a-f]{16}(?:00)?\.part$/

/** Beside the artifacts, or without them in the system's folder for such files. In both what a killed process left is tidied up. */
export async function snapshotPart(artifactsDir: string | null): Promise<{ dir: string; path: string }> {
  if (artifactsDir === null) {
    const dir = tmpdir()
    return { dir, path: join(dir, `.heapsnapshot-${process.pid}-${randomBytes(8).toString('hex')}.part`) }
  }
  await mkdir(artifactsDir, { recursive: true, mode: 0o700 })
  return { dir: artifactsDir, path: partPath(artifactsDir) }
}

/** What a killed process left in the system's folder: everything that it had in memory is in there. */
export function removeLeftSnapshots(): Promise<void> {
  return removeOrphans(tmpdir(), PART, limits.snapshotLeftMs)
}

/** Compresses a file into another, which is on the disk when this returns; the first one is gone. @returns its bytes */
export async function compressFile(from: string, to: string, signal: AbortSignal): Promise<number> {
  try {
    const target = createWriteStream(to, { flags: 'wx', mode: 0o600, flush: true })
    await pipeline(createReadStream(from), createGzip({ level: 1 }), target, { signal })
  } catch (error) {
    await rm(to, { force: true })
    throw error
  } finally {
    await rm(from, { force: true })
  }
  return (await stat(to)).size
}

/** The code of an error that came from another process is in its text alone. */
export function diskFull(error: unknown, dir: string): unknown {
  const { code, message = '' } = error as NodeJS.ErrnoException
  const isFull = [code, message].some((text) => /ENOSPC|EDQUOT|no space/i.test(text ?? ''))
  if (!isFull) return error
  return new Refusal({ status: 507, code: 'disk_full', message: `there was no room for it in ${dir}` })
}
