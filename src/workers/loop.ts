export interface Part {
  name: string
  start(): Promise<void> | void
  /** Finishes what is under way. */
  stop(): Promise<void>
}

/**
 * Calls `step` for ever, one call at a time: again at once while it says that there is more, after `idleMs` otherwise. A step
 * that fails is reported and tried again after a pause that doubles from `idleMs` up to `maxPauseMs`.
 */
export function makeLoop(options: {
  name: string
  idleMs: number
  maxPauseMs: number
  step: (signal: AbortSignal) => Promise<'more' | 'idle'>
  onError: (name: string, error: unknown) => void
}): Part & { nudge(): void } {
  const { name, idleMs, maxPauseMs, step, onError } = options
  const stopping = new AbortController()
  let running: Promise<void> = Promise.resolve()
  let wake: () => void = () => {}

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async function run(): Promise<void> {
    let pauseMs = idleMs
    while (!stopping.signal.aborted) {
      try {
        const outcome = await step(stopping.signal)
        pauseMs = idleMs
        if (outcome === 'more') continue
      } catch (error) {
        // What is called off by a stop has not failed.
        if (stopping.signal.aborted && (error as Error).name === 'AbortError') return
        onError(name, error)
        pauseMs = Math.min(maxPauseMs, Math.max(idleMs, pauseMs) * 2)
      }
      if (!stopping.signal.aborted) await pause(pauseMs)
    }
  }

  return {
    name,
    start() {
      running = run()
    },
    async stop() {
      stopping.abort()
      wake()
      await running
    },
    nudge: () => wake(),
  }
}
