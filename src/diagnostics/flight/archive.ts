import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { KeptSecond, KeptWindow, Ring } from './ring.ts'
import { type TarFile, tarOf } from './tar.ts'

const pack = promisify(gzip)
const unpack = promisify(gunzip)

export interface Taken {
  windows: KeptWindow[]
  seconds: KeptSecond[]
}

/** What the ring knows of a time. Windows are whole: the first may begin earlier. */
export function take(ring: Ring, fromMs: number, toMs: number): Taken {
  return {
    windows: ring.windowsSince(fromMs).filter(({ startedMs }) => startedMs <= toMs),
    seconds: ring.secondsSince(fromMs).filter(({ atMs }) => atMs <= toMs),
  }
}

/** One profile of all windows, with the label worker. Null where there is no window. */
export async function mergedProfile(windows: readonly KeptWindow[]) {
  if (windows.length === 0) return null
  const { mergeProfiles } = await import('../profiles/merge.ts')
  const parts = await Promise.all(
    windows.map(async ({ worker, profile }) => ({
      profile: await unpack(profile),
      labels: { worker: String(worker) },
    })),
  )
  return mergeProfiles(parts)
}

/**
 * A tar.gz of it: manifest.json, profile.pb.gz, windows/, samples.json, requests.json.
 *
 * @param about what else the manifest says @param more files beside these
 */
export async function archiveOf(
  { windows, seconds }: Taken,
  about: object,
  more: readonly TarFile[] = [],
): Promise<Uint8Array> {
  const merged = await mergedProfile(windows)
  const named = windows.map((window) => ({
    window,
    name: `windows/${window.worker}-${compact(window)}.pb.gz`,
  }))
  const requests = windows
    .flatMap(({ worker, slowest }) => slowest.map((one) => ({ worker, ...one })))
    .sort((one, other) => other.seconds - one.seconds)
  const manifest = {
    ...about,
    workers: [...new Set([...windows, ...seconds].map(({ worker }) => worker))].sort((a, b) => a - b),
    windows: named.map(({ name, window: { profile, slowest, ...known } }) => ({
      file: name,
      ...known,
      bytes: profile.byteLength,
      started: new Date(known.startedMs).toISOString(),
    })),
  }
  const files: TarFile[] = [
    { name: 'manifest.json', content: json(manifest) },
    ...(merged ? [{ name: 'profile.pb.gz', content: await pack(merged.encode()) }] : []),
    { name: 'samples.json', content: json(seconds) },
    { name: 'requests.json', content: json(requests) },
    ...more,
    ...named.map(({ name, window }) => ({ name, content: window.profile })),
  ]
  return pack(tarOf(files, Date.now()), { level: 1 })
}

function compact({ startedMs }: KeptWindow): string {
  return new Date(startedMs).toISOString().replaceAll(/[-:.]/g, '')
}

function json(content: object): Uint8Array {
  return Buffer.from(`${JSON.stringify(content, null, 1)}\n`)
}
