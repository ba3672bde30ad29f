/** Files that are there whole or not at all: written under a temporary name, synced, renamed, the directory synced. */
import { randomBytes } from 'node:crypto'
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '../refusal.ts'

/** What partPath makes: the number is that of the process. */
const PART = /^\.artifact-(\d+)-[0-9a-f]+\.part$/

/** Unix time. performance.timeOrigin is the process's, in its threads too. */
const threadBeganMs = Date.now()

/** A file that has no name of its own yet. */
export interface Part {
  /** @throws Refusal artifacts_unavailable */
  keepAs(name: string): Promise<void>
  takeBack(): Promise<void>
}

export type Write = (path: string, content: Uint8Array | string) => Promise<void>

/** The file is on the disk when this returns. */
export async function writeSynced(path: string, content: Uint8Array | string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A name that is nobody's, and goes at the next start when this process is killed. */
export function partPath(dir: string): string {
  return join(dir, `.artifact-${process.pid}-${randomBytes(8).toString('hex')}.part`)
}

/** Writes under a temporary name. @throws Refusal artifacts_unavailable */
export async function writePart(
  dir: string,
  content: Uint8Array | string,
  write: Write = writeSynced,
): Promise<Part> {
  const part = partPath(dir)
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    await write(part, content)
  } catch (error) {
    await rm(part, { force: true }).catch(() => {})
    throw unavailable(error)
  }
  return partAt(dir, part)
}

/** What somebody else has written and synced, at a path of partPath. */
export function partAt(dir: string, part: string): Part {
  return {
    async keepAs(name) {
      await rename(part, join(dir, name)).catch(async (error: unknown) => {
        await rm(part, { force: true }).catch(() => {})
        throw unavailable(error)
      })
    },
    takeBack: () => rm(part, { force: true }).catch(() => {}),
  }
}

/** Makes renames last: without it they may be lost with the power. */
export async function syncDir(dir: string): Promise<void> {
  const handle = await open(dir, 'r').catch(() => null)
  if (!handle) return
  // Not every file system lets a directory be synced.
  await handle.sync().catch(() => {})
  await handle.close()
}

/** One file in its place at once: state that must never be read half. @throws Refusal artifacts_unavailable */
export async function replaceFile(dir: string, name: string, content: string): Promise<void> {
  const part = await writePart(dir, content)
  await part.keepAs(name)
  await syncDir(dir)
}

/**
 * What a process that was killed left half written. Those of processes that live are in the middle of their work, unless they are older.
 *
 * @param form of the names, with the number of the process
 */
export async function removeOrphans(
  dir: string,
  form: RegExp = PART,
  ageMaxMs = Number.POSITIVE_INFINITY,
): Promise<void> {
  for (const name of await readdir(dir).catch(() => [])) {
    const pid = form.exec(name)?.[1]
    if (pid === undefined) continue
    const path = join(dir, name)
    if (await isOrphan(path, Number(pid), ageMaxMs)) await rm(path, { force: true }).catch(() => {})
  }
}

async function isOrphan(path: string, pid: number, ageMaxMs: number): Promise<boolean> {
  if (pid !== process.pid && !isAlive(pid)) return true
  const changedMs = (await lstat(path).catch(() => null))?.mtimeMs ?? Number.POSITIVE_INFINITY
  // In a container every process may have this number, and this thread may be another's successor.
  const before = pid === process.pid && changedMs < threadBeganMs
  return before || Date.now() - changedMs > ageMaxMs
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The disk is full, the directory is not writable, is none, or cannot be made. */
export function unavailable(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  const why = (error as NodeJS.ErrnoException).code ?? String(error)
  const message = `the directory of artifacts cannot be used: ${why}`
  return new Refusal({ status: 507, code: 'artifacts_unavailable', message })
}
