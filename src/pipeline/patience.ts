/** Work was given up because whoever asked for it stops: nothing is wrong with it. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

const FIRST_PAUSE_MS = 100
const MAX_PAUSE_MS = 5000

/** The pause after so many failures in a row: doubling, bounded, and spread so that the many do not come back as one. */
export function pauseMsAfter(failures: number): number {
  const wholeMs = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 10))
  return wholeMs * (0.5 + Math.random() / 2)
}

/** Waits for a time, or until the signal says to stop. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end)
  })
}

/**
 * Does what must be done sooner or later, again and again with growing pauses. It is tried once at least, so that an orderly stop
 * still writes down what was worked on.
 *
 * @throws Interrupted when it failed and the signal says to stop
 */
export async function persevere<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await work()
    } catch (error) {
      onError(error)
      await pause(pauseMsAfter(failures), signal)
      if (signal.aborted) throw new Interrupted()
    }
  }
}

/** @throws what `late` makes when the work has no result in time; the work itself cannot be called off */
export async function within<T>(ms: number, work: Promise<T>, late: () => Error): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(late()), ms)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
