/**
 * What captures leave behind, in one directory, bounded by count, bytes and age: the oldest goes first. An artifact is there whole with
 * its manifest or not at all, whenever the process is killed.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '../refusal.ts'
import {
  type Part,
  partAt,
  removeOrphans,
  syncDir,
  unavailable,
  type Write,
  writePart,
  writeSynced,
} from './files.ts'
import { checkName, isName, MANIFEST, type Manifest, parseManifest } from './manifest.ts'

export interface Bounds {
  countMax: number
  bytesMax: number
  ageMaxMs: number
}

export type Described = Omit<Manifest, 'bytes' | 'sha256' | 'created'>

export type Artifacts = ReturnType<typeof makeArtifacts>

export function makeArtifacts(deps: { dir: string; bounds: Bounds; write?: Write; now?: () => number }) {
  const { dir, bounds, write = writeSynced, now = Date.now } = deps
  let last: Promise<unknown> = Promise.resolve()

  /** One change at a time, so that bounds hold. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work)
    last = done.catch(() => {})
    return done
  }

  async function manifestOf(name: string): Promise<Manifest | null> {
    const text = await readFile(join(dir, name + MANIFEST), 'utf8').catch(() => null)
    return text === null ? null : parseManifest(text, name)
  }

  /** The newest first. */
  async function list(): Promise<Manifest[]> {
    const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw unavailable(error)
    })
    const there = new Set(names)
    const kept = names.filter((name) => isName(name) && there.has(name + MANIFEST))
    const found = await Promise.all(kept.map(manifestOf))
    return found
      .filter((one) => one !== null)
      .sort((one, other) => Date.parse(other.created) - Date.parse(one.created))
  }

  async function drop(name: string): Promise<void> {
    await rm(join(dir, name), { force: true })
    await rm(join(dir, name + MANIFEST), { force: true })
  }

  /** Leaves room for what is to come. */
  async function evict(comingBytes: number, comingCount: number, keep?: string): Promise<void> {
    let bytes = comingBytes
    let count = comingCount
    for (const { name, bytes: size, created } of await list()) {
      if (name === keep) continue
      bytes += size
      count++
      const old = now() - Date.parse(created) > bounds.ageMaxMs
      if (!old && bytes <= bounds.bytesMax && count <= bounds.countMax) continue
      bytes -= size
      count--
      await drop(name)
    }
  }

  /** @throws Refusal artifact_too_large */
  function checkSize(bytes: number): void {
    if (bytes <= bounds.bytesMax) return
    const message = `an artifact has ${bounds.bytesMax} bytes at most`
    throw new Refusal({ status: 507, code: 'artifact_too_large', message })
  }

  /** @throws Refusal bad_name, artifact_too_large, artifacts_unavailable; then nothing of it is there */
  function put(described: Described, content: Uint8Array): Promise<Manifest> {
    checkName(described.name)
    checkSize(content.byteLength)
    const sha256 = createHash('sha256').update(content).digest('hex')
    return keep(described, content.byteLength, sha256, () => writePart(dir, content, write))
  }

  /** Takes over a file at a path of partPath that was written and synced. @throws as put; then the file is gone */
  async function putFile(described: Described, path: string): Promise<Manifest> {
    try {
      checkName(described.name)
      const { size } = await stat(path)
      checkSize(size)
      const sha256 = createHash('sha256')
      for await (const chunk of createReadStream(path)) sha256.update(chunk)
      return await keep(described, size, sha256.digest('hex'), async () => partAt(dir, path))
    } catch (error) {
      await rm(path, { force: true })
      throw unavailable(error)
    }
  }

  function keep(
    described: Described,
    bytes: number,
    sha256: string,
    written: () => Promise<Part>,
  ): Promise<Manifest> {
    const { name } = described
    const manifest: Manifest = { ...described, bytes, sha256, created: new Date(now()).toISOString() }
    return inTurn(async () => {
      const part = await written()
      let beside: Part | null = null
      try {
        beside = await writePart(dir, `${JSON.stringify(manifest, null, 2)}\n`, write)
        await evict(manifest.bytes, 1, name)
        // A manifest alone is no artifact; the other way round a file would stay that nobody knows.
        await beside.keepAs(name + MANIFEST)
        await part.keepAs(name)
        await syncDir(dir)
      } catch (error) {
        await Promise.all([part.takeBack(), beside?.takeBack()])
        throw unavailable(error)
      }
      return manifest
    })
  }

  /** @throws Refusal bad_name, no_artifact */
  async function fetch(name: string): Promise<{ manifest: Manifest; file: FileHandle }> {
    const manifest = await manifestOf(checkName(name))
    const file = manifest && (await open(join(dir, name), 'r').catch(() => null))
    if (!manifest || !file) throw noArtifact(name)
    return { manifest, file }
  }

  /** @throws Refusal bad_name, no_artifact, artifacts_unavailable */
  function remove(name: string): Promise<void> {
    checkName(name)
    return inTurn(async () => {
      if (!(await manifestOf(name))) throw noArtifact(name)
      await drop(name).catch((error: unknown) => {
        throw unavailable(error)
      })
    })
  }

  /** At the start, and now and then: what was left half written, and what is too old. */
  function tidy(): Promise<void> {
    return inTurn(async () => {
      await removeOrphans(dir)
      for (const file of await readdir(dir).catch(() => [])) {
        if (!file.endsWith(MANIFEST)) continue
        const name = file.slice(0, -MANIFEST.length)
        const alone = isName(name) && (await stat(join(dir, name)).catch(() => null)) === null
        if (alone) await rm(join(dir, file), { force: true })
      }
      await evict(0, 0)
    }).catch(() => {})
  }

  return { dir, list, put, putFile, fetch, remove, tidy }
}

function noArtifact(name: string): Refusal {
  return new Refusal({ status: 404, code: 'no_artifact', message: `there is no artifact ${name}` })
}
