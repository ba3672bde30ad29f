import { setTimeout as sleep } from 'node:timers/promises'

export interface WaitOptions {
  timeoutMs: number
  signal?: AbortSignal | undefined
}

/**
 * Asks `check` until it says true. Returns false when the time is over or the signal aborts. The pause between two
 * questions grows from 10 ms to 200 ms, so that fast starts are noticed at once and slow ones cost nothing.
 */
export async function waitFor(
  check: () => boolean | Promise<boolean>,
  options: WaitOptions,
): Promise<boolean> {
  const deadline = performance.now() + options.timeoutMs
  for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 1.5, 200)) {
    if (options.signal?.aborted) return false
    if (await check()) return true
    if (performance.now() + pauseMs > deadline) return false
    await sleep(pauseMs, undefined, { signal: options.signal }).catch(() => undefined)
  }
}
