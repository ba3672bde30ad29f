import { limits } from '../limits.ts'
import type { Background } from '../process/background.ts'
import { refusalOf } from '../refusal.ts'
import type { Lease } from '../sampler/sampler.ts'
import { keepSlowest, takeSlowest } from './slowest.ts'

/**
 * Continuous profiling: keeps the sampler on and tells every window, also those that a capture cut short. The bytes are copied to the
 * other thread and compressed there.
 */
export const recordWindows: Background = ({ options, sampler, governor, tell }) => {
  if (!options.continuous) return () => {}
  let lease: Lease | null = null
  let stopped = false
  let again: NodeJS.Timeout | undefined

  keepSlowest(true)
  const unsubscribe = sampler.subscribe((window) => {
    governor.add(window)
    tell({ what: 'window', window, slowest: takeSlowest() })
  })
  const timer = setInterval(sampler.rotate, limits.rotateMs)
  timer.unref()

  async function begin(): Promise<void> {
    try {
      const taken = await sampler.acquire(limits.continuousIntervalMicros)
      if (stopped) return taken.release()
      lease = taken
      // What ends a window runs for the first time here, where nobody waits: that takes several times as long as later.
      setImmediate(sampler.rotate)
    } catch (error) {
      options.log?.warn({ why: refusalOf(error).message }, 'continuous profiling waits for the sampler')
      again = setTimeout(() => void begin(), limits.acquireAgainMs).unref()
    }
  }
  void begin()

  return () => {
    stopped = true
    unsubscribe()
    keepSlowest(false)
    clearInterval(timer)
    clearTimeout(again)
    lease?.release()
  }
}
