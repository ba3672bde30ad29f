import type { Admittance, Checkpoint, LiveQueues, QueueSettingsStore, Released } from '../queue/ports.ts'
import { eachInTurn } from './each-in-turn.ts'
import { makeLoop, type Part } from './loop.ts'

export interface QueueObserver {
  released(eventId: string, result: Released): void
  passedOver(people: number): void
}

/** Calls for one event in one step: a rate of 100,000 a second takes 20. */
const CALLS_PER_STEP = 20
const SWEEP_MS = 1000
const KEEP_MS = 1000
const EVENTS_EVERY_MS = 1000

/**
 * Lets people in from every queue, passes over those who left without a word, and keeps in PostgreSQL how far the counters are. Any
 * number may run: what each call does is decided in the store.
 */
export function makeQueueWorkers(deps: {
  admittance: Admittance
  queues: LiveQueues
  settings: QueueSettingsStore
  tickMs: number
  observer: QueueObserver
  nowMs: () => number
  onError: (name: string, error: unknown) => void
}): Part[] {
  const { admittance, queues, settings, observer, nowMs, onError } = deps
  const checkpoints = new Map<string, Checkpoint>()
  let eventIds: string[] = []
  let readAtMs = Number.NEGATIVE_INFINITY

  async function events(): Promise<string[]> {
    if (nowMs() - readAtMs >= EVENTS_EVERY_MS) {
      eventIds = await admittance.events()
      readAtMs = nowMs()
    }
    return eventIds
  }

  const release = makeLoop({
    name: 'queue-release',
    idleMs: deps.tickMs,
    maxPauseMs: 1000,
    onError,
    async step(signal) {
      await eachInTurn(await events(), async (eventId) => {
        for (let calls = 0; calls < CALLS_PER_STEP && !signal.aborted; calls++) {
          const result = await admittance.release(eventId)
          if (!result) break
          observer.released(eventId, result)
          checkpoints.set(eventId, result.checkpoint)
          if (!result.more) break
        }
      })
      return 'idle'
    },
  })

  const sweep = makeLoop({
    name: 'queue-sweep',
    idleMs: SWEEP_MS,
    maxPauseMs: 5000,
    onError,
    async step(signal) {
      await eachInTurn(await events(), async (eventId) => {
        for (let calls = 0; calls < CALLS_PER_STEP && !signal.aborted; calls++) {
          const people = await admittance.sweep(eventId)
          if (people === 0) break
          observer.passedOver(people)
        }
      })
      return 'idle'
    },
  })

  /** Brings settings to the store where the request that changed them could not. */
  const keep = makeLoop({
    name: 'queue-keeper',
    idleMs: KEEP_MS,
    maxPauseMs: 10_000,
    onError,
    async step() {
      for (const [eventId, checkpoint] of checkpoints) {
        checkpoints.delete(eventId)
        await settings.checkpoint(eventId, checkpoint)
        await queues.configure(await settings.find(eventId))
      }
      return 'idle'
    },
  })
  return [release, sweep, keep]
}
