import { limits } from '../limits.ts'
import type { ServerSide } from '../server/side.ts'

/**
 * Ends the running window of every process and waits until it is here. A process that is blocked does not answer: what it told before is
 * here all the same. @returns the workers whose running window is missing
 */
export async function flush(server: ServerSide, signal?: AbortSignal): Promise<number[]> {
  const { flushMs: timeoutMs } = limits.flight
  const asked = await server
    .askEvery('rotate', null, { timeoutMs, signal })
    .catch(() => ({ parts: [], missing: server.members().map((worker) => ({ worker })) }))
  signal?.throwIfAborted()
  const arrived = await Promise.all(
    asked.parts.map(async ({ worker, value }) => ({
      worker,
      here: await arrival(server, worker, Number(value)),
    })),
  )
  return [...asked.missing, ...arrived.filter(({ here }) => !here)].map(({ worker }) => worker)
}

/** The answer and the window come by different ways. */
function arrival({ recorder }: ServerSide, worker: number, endedMs: number): Promise<boolean> {
  const here = () => recorder.ring.windowsSince(endedMs - 1).some((window) => window.worker === worker)
  if (endedMs === 0 || here()) return Promise.resolve(true)
  return new Promise((resolve) => {
    const end = (found: boolean) => {
      clearTimeout(timer)
      stop()
      resolve(found)
    }
    const timer = setTimeout(() => end(false), limits.flight.flushMs)
    const stop = recorder.onWindow(() => {
      if (here()) end(true)
    })
  })
}
