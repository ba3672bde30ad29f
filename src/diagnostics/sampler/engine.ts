import { AsyncLocalStorage } from 'node:async_hooks'
import { isMainThread } from 'node:worker_threads'
import { type Labels, useLabelling } from '../labels.ts'
import { limits } from '../limits.ts'

/** What the sampler needs of a profiler. */
export interface Engine {
  isStarted(): boolean
  start(intervalMicros: number): void
  /** Goes on sampling when told to. @returns what makes pprof of what was sampled since the start: work for another turn of the event loop */
  stop(goOn: boolean): () => Uint8Array<ArrayBuffer>
  /** Whether V8's sampling thread was found spinning, which is repaired by starting it again. */
  isStuck(): boolean
}

/** The native profiler of @datadog/pprof, whose types are `any`. */
interface Profiler {
  start(): void
  stop(goOn: false): void
  /** Takes the samples over while V8 still has its profile, where `stop` copies that as objects first: about half the stall. */
  stopAndCollect<R>(goOn: boolean, take: (sampled: Parameters<Serialize>[0]) => R): R
  dispose(): void
  /** What the native side finds in the asynchronous flow of the code that it interrupts. */
  createContextHolder(labels: Labels): object
  v8ProfilerStuckEventLoopDetected(): number
}

type Serialize = typeof import('@datadog/pprof/out/src/profile-serializer.js').serializeTimeProfile

interface Running {
  profiler: Profiler
  intervalMicros: number
  labels: AsyncLocalStorage<object>
  /** Of the window, monotonic. */
  sinceMs: number
  /** Whether the window before it looked as if V8's sampling thread were stuck. */
  suspected: boolean
}

/** The native side takes a window without a hit for a stuck one; so short a window may just have none. */
const SAMPLES_TO_JUDGE = 10
/** What the native side says of a window: nothing, perhaps (now and then of a sound one), or for certain. */
const PERHAPS_STUCK = 1

/**
 * @datadog/pprof, loaded when it is first needed: it is native code that a process without a profile does without. Its native profiler is
 * used as its own `time` uses it, but for one thing: `time.runWithContext` makes a native object for every call, which the garbage
 * collector then has to find and to free; here there is one for each object of labels, and so one for each route.
 */
export async function loadEngine(): Promise<Engine> {
  const { time } = await import('@datadog/pprof')
  const { default: bindings } = await import('@datadog/pprof/out/src/time-profiler-bindings.js')
  const { default: serializer } = await import('@datadog/pprof/out/src/profile-serializer.js')
  let running: Running | null = null
  let isStuck = false
  // V8's sampling thread may spin when a profile is begun while another runs. Whoever ends a window can wait for a sample before and for one
  // after, which makes that unlikely and lasts one to two intervals; so it is waited only in a process in which it has happened.
  let hasBeenStuck = false

  function end({ profiler, labels }: Running): void {
    useLabelling(null)
    profiler.dispose()
    labels.disable()
    running = null
  }

  function begin(intervalMicros: number): void {
    const labels = new AsyncLocalStorage<object>()
    const profiler: Profiler = new bindings.TimeProfiler({
      intervalMicros,
      // Sizes the buffer of contexts; a window is never longer.
      durationMillis: 2 * limits.windowMaxMs,
      withContexts: true,
      useCPED: true,
      CPEDKey: labels,
      isMainThread,
      collectCpuTime: true,
      collectAsyncId: false,
      workaroundV8Bug: hasBeenStuck,
      // Does not go with contexts: a frame has its function's line.
      lineNumbers: false,
    })
    profiler.start()
    running = { profiler, intervalMicros, labels, sinceMs: performance.now(), suspected: false }
    const holderOf = makeHolders(profiler)
    useLabelling({
      run: (of, work) => labels.run(holderOf(of), work),
      set: (of) => labels.enterWith(holderOf(of)),
    })
  }

  // A signal of the profiler that comes while Node takes itself down crashes it.
  process.once('exit', () => {
    running?.profiler.stop(false)
  })

  return {
    isStarted: () => running !== null || time.isStarted(),
    start: begin,
    stop(goOn) {
      if (running === null) throw new Error('nothing is sampled')
      const { profiler, intervalMicros, sinceMs } = running
      const lastedMs = performance.now() - sinceMs
      const profile = profiler.stopAndCollect(goOn, (sampled) =>
        serializer.serializeTimeProfile(
          sampled,
          intervalMicros,
          undefined,
          true,
          ({ context }) => clipped(context?.context as Labels | undefined),
          ['route'],
        ),
      )
      const canJudge = lastedMs * 1000 > SAMPLES_TO_JUDGE * intervalMicros
      const said = canJudge ? profiler.v8ProfilerStuckEventLoopDetected() : 0
      // What is stuck stays so: a doubt that the next window does not confirm was none. Starting again takes 100 ms and more of a large program.
      isStuck = goOn && (said > PERHAPS_STUCK || (said === PERHAPS_STUCK && running.suspected))
      running.suspected = said === PERHAPS_STUCK || (!canJudge && running.suspected)
      running.sinceMs = performance.now()
      if (isStuck) hasBeenStuck = true
      if (!goOn || isStuck) {
        if (goOn) profiler.stop(false)
        end(running)
      }
      if (isStuck) begin(intervalMicros)
      return () => profile.encode() as Uint8Array<ArrayBuffer>
    },
    isStuck: () => isStuck,
  }
}

function makeHolders(profiler: Profiler): (labels: Labels) => object {
  const holders = new WeakMap<Labels, object>()
  return (labels) => {
    let holder = holders.get(labels)
    if (holder === undefined) {
      holder = profiler.createContextHolder(labels)
      holders.set(labels, holder)
    }
    return holder
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
