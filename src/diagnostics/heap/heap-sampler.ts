/**
 * The one owner of V8's sampling heap profiler in a process: two users of it disturb each other. It samples from the first time that
 * somebody asks, or from the start with `heapSampling`; what was allocated before that it has not seen.
 */
import { limits } from '../limits.ts'
import { Refusal } from '../refusal.ts'

/** What the owner needs of a profiler. */
export interface HeapEngine {
  start(intervalBytes: number, stackDepth: number): void
  stop(): void
  /** What is live, as pprof. */
  take(): Uint8Array<ArrayBuffer>
}

export interface HeapProfile {
  /** pprof, not compressed: inuse_objects/count, inuse_space/bytes. */
  profile: Uint8Array<ArrayBuffer>
  /** Unix time from which allocations were seen. */
  sinceMs: number
}

export type HeapSampler = ReturnType<typeof makeHeapSampler>

/** @datadog/pprof, loaded when it is first needed. */
export async function loadHeapEngine(): Promise<HeapEngine> {
  const { heap } = await import('@datadog/pprof')
  return {
    start: heap.start,
    stop: heap.stop,
    take() {
      const profile = heap.profile()
      // The names that Go's tool knows heaps by.
      const text = (value: string) => profile.stringTable.dedup(value)
      for (const [i, name] of ['inuse_objects', 'inuse_space'].entries()) {
        const type = profile.sampleType[i]
        if (type) type.type = text(name)
      }
      return profile.encode() as Uint8Array<ArrayBuffer>
    },
  }
}

export function makeHeapSampler(load: () => Promise<HeapEngine> = loadHeapEngine) {
  let engine: HeapEngine | null = null
  let sinceMs: number | null = null
  let lent = false
  /** Those who need that what was seen so far is not forgotten: a difference between its beginning and its end. */
  let holders = 0

  function begin(): void {
    engine?.start(limits.heapIntervalBytes, limits.heapStackDepth)
    sinceMs = Date.now()
  }

  /** Samples from now on, if it does not yet. @throws Refusal heap_sampler_in_use */
  async function start(): Promise<void> {
    engine ??= await load()
    if (lent) throw inUse('is measuring allocations')
    if (sinceMs === null) begin()
  }

  return {
    start,

    /** @throws Refusal heap_sampler_in_use */
    async take(): Promise<HeapProfile> {
      await start()
      return { profile: (engine as HeapEngine).take(), sinceMs: sinceMs ?? 0 }
    },

    /** As long as somebody holds it, it is not lent. @returns how to let go. @throws Refusal heap_sampler_in_use */
    async hold(): Promise<() => void> {
      await start()
      holders++
      return () => void holders--
    },

    /**
     * Stops sampling, so that somebody else can use V8's profiler. What was seen so far is forgotten: afterwards it begins anew.
     *
     * @returns what gives it back
     * @throws Refusal heap_sampler_in_use: two who measure would end each other's sampling, and a difference would miss all that was there
     */
    lend(): () => void {
      if (lent) throw inUse('is measuring allocations')
      if (holders > 0) throw inUse('is measuring a difference')
      const wasSampling = sinceMs !== null
      if (wasSampling) engine?.stop()
      sinceMs = null
      lent = true
      return () => {
        lent = false
        if (wasSampling) begin()
      }
    },

    stop(): void {
      if (sinceMs !== null) engine?.stop()
      sinceMs = null
    },
  }
}

function inUse(doing: string): Refusal {
  const message = `the heap sampler ${doing} just now`
  return new Refusal({
    status: 429,
    code: 'heap_sampler_in_use',
    message,
    headers: { 'retry-after': String(limits.retryAfterSeconds) },
  })
}

let shared: HeapSampler | undefined

/** V8 has one in a process, however often the library is mounted there. */
export function sharedHeapSampler(): HeapSampler {
  shared ??= makeHeapSampler()
  return shared
}
