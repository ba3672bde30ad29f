/** Waits that end when the step does, so that nothing goes on behind the visitor's back. */

/** @throws the signal's reason when it is aborted first */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal.addEventListener('abort', stop, { once: true })
  })
}

/** A time that differs from visitor to visitor, so that they do not all come back at once: half to one and a half. */
export const jittered = (ms) => ms * (0.5 + Math.random())

/** Calls `work` now and after every `ms` until the signal ends it; not while the page is hidden. `work` handles its own failures. */
export async function repeat(ms, signal, work) {
  while (!signal.aborted) {
    if (!document.hidden) await work()
    try {
      await pause(ms * (0.9 + Math.random() / 5), signal)
    } catch {
      return
    }
  }
}

/** Calls `tick` with the milliseconds that are left, every second, and once with what is left at the end. */
export function countDown(untilMs, nowMs, signal, tick) {
  return repeat(1000, signal, () => tick(Math.max(0, untilMs - nowMs())))
}
