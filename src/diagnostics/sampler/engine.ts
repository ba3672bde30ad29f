import { type Labels, useLabelling } from '../labels.ts'
import { limits } from '../limits.ts'

/** What the sampler needs of a profiler. */
export interface Engine {
  isStarted(): boolean
  start(intervalMicros: number): void
  /** Goes on sampling when told to. @returns what makes pprof of what was sampled since the start: work for another turn of the event loop */
  stop(goOn: boolean): () => Uint8Array<ArrayBuffer>
  /** Whether V8's sampling thread was found spinning, which the profiler repairs by starting it again. */
  isStuck(): boolean
}

/** @datadog/pprof, loaded when it is first needed: it is native code that a process without a profile does without. */
export async function loadEngine(): Promise<Engine> {
  const { time } = await import('@datadog/pprof')
  const { stopV2 } = await import('@datadog/pprof/out/src/time-profiler.js')
  return {
    isStarted: time.isStarted,
    start(intervalMicros) {
      time.start({
        intervalMicros,
        // Sizes the buffer of contexts; a window is never longer.
        durationMillis: 2 * limits.windowMaxMs,
        withContexts: true,
        useCPED: true,
        collectCpuTime: true,
        workaroundV8Bug: true,
        // Does not go with contexts: a frame has its function's line.
        lineNumbers: false,
      })
      useLabelling({ run: time.runWithContext, set: time.setContext })
    },
    stop(goOn) {
      if (!goOn) useLabelling(null)
      // Takes the samples over while V8 still has its profile, where `stop` copies that as objects first: about half the stall.
      const profile = stopV2(goOn, ({ context }) => clipped(context?.context as Labels | undefined), [
        'route',
      ])
      return () => profile.encode() as Uint8Array<ArrayBuffer>
    },
    isStuck: () => time.v8ProfilerStuckEventLoopDetected() > 0,
  }
}

const known = new WeakMap<Labels, Record<string, string>>()

/** Labels are the application's: only text, and not without end. */
function clipped(labels: Labels | undefined): Record<string, string> {
  if (!labels) return {}
  let result = known.get(labels)
  if (!result) {
    result = {}
    for (const [name, value] of Object.entries(labels).slice(0, 8)) {
      if (typeof value === 'string') result[name] = value.slice(0, limits.labelMaxCharacters)
    }
    known.set(labels, result)
  }
  return result
}
