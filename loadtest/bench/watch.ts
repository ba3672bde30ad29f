import { setTimeout as sleep } from 'node:timers/promises'
import { rssBytes } from './process-usage.ts'
import { scrape } from './scrape.ts'

const LOOK_EVERY_MS = 250

export interface Watched {
  maxLagSeconds: number
  maxRssBytes: number
}

/** Looks four times a second at how far PostgreSQL is behind, as the worker says, and at the memory of the API. */
export function watch(
  workerDiagnosticsUrl: string,
  apiPid: number,
): AsyncDisposable & { stop(): Promise<Watched> } {
  const stopping = new AbortController()
  const watched: Watched = { maxLagSeconds: 0, maxRssBytes: 0 }

  async function look(): Promise<void> {
    watched.maxRssBytes = Math.max(watched.maxRssBytes, rssBytes(apiPid))
    // A worker too busy to answer is measured by its next answer.
    const metrics = await scrape(workerDiagnosticsUrl).catch(() => null)
    watched.maxLagSeconds = Math.max(watched.maxLagSeconds, metrics?.get('wal_lag_seconds') ?? 0)
  }

  const watching = (async () => {
    while (!stopping.signal.aborted) {
      await look()
      await sleep(LOOK_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
    await look()
  })()
  const stop = async (): Promise<Watched> => {
    stopping.abort()
    await watching
    return watched
  }
  return { stop, [Symbol.asyncDispose]: async () => void (await stop()) }
}
