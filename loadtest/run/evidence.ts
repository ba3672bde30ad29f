/** Why a run failed, from the service's own diagnostics: what its flight recorder holds of the load, and the profile of the worst window. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Series, worstOf } from './series.ts'

export interface Evidence {
  /** Everything that was recorded during the load: windows of profiles, loop delay, gauges, the slowest requests. */
  flight: string
  /** A pprof profile of the window in which p99 was highest; null where it was not recorded. */
  profile: string | null
  /** What was highest then, and when. */
  worst: string
}

interface Manifest {
  windows: { file: string; startedMs: number; endedMs: number }[]
}

const TIMEOUT_MS = 30_000
/** The recorder goes back a few minutes at most. */
const MOST_SECONDS = 600

/** Null when the service does not answer any more. */
export async function keepEvidence(
  diagnosticsUrl: string,
  { dir, series, startedAt }: { dir: string; series: Series; startedAt: Date },
): Promise<Evidence | null> {
  const seconds = Math.min(MOST_SECONDS, Math.ceil((Date.now() - startedAt.getTime()) / 1000))
  const archive = await fetchFlight(`${diagnosticsUrl}/debug/flight?seconds=${seconds}`)
  if (archive === null) return null
  const flight = join(dir, 'flight.tar.gz')
  writeFileSync(flight, archive)
  const worst = worstOf(series)
  const worstMs = startedAt.getTime() + (worst?.atSeconds ?? 0) * 1000
  return {
    flight,
    profile: profileAt(archive, worstMs, join(dir, 'worst-window.pb.gz')),
    worst: worst
      ? `p99 ${worst.p99Ms?.toFixed(0) ?? '?'} ms, loop delay ${worst.loopDelayMs.toFixed(0)} ms at ${worst.atSeconds.toFixed(0)} s`
      : 'no request was answered',
  }
}

async function fetchFlight(url: string): Promise<Buffer | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    return response.ok ? Buffer.from(await response.arrayBuffer()) : null
  } catch {
    return null
  }
}

function profileAt(archive: Buffer, atMs: number, path: string): string | null {
  const read = (name: string) =>
    spawnSync('tar', ['xzOf', '-', name], { input: archive, maxBuffer: 64 * 2 ** 20 }).stdout
  const { windows } = JSON.parse(read('manifest.json').toString()) as Manifest
  const during = windows.find(({ startedMs, endedMs }) => startedMs <= atMs && atMs <= endedMs)
  const name = (during ?? windows.at(-1))?.file
  if (name === undefined) return null
  writeFileSync(path, read(name))
  return path
}
