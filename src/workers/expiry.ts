import type { Expire } from '../booking/expire.ts'
import { allPartitions } from '../pipeline/partition.ts'
import { eachInTurn } from './each-in-turn.ts'
import { makeLoop, type Part } from './loop.ts'

/** Gives the seats of holds whose time is over back, every tick, until nothing is due. Any number may run. */
export function makeExpiryWorker(deps: {
  expire: Expire
  tickMs: number
  observer: { expired(bookings: number): void }
  onError: (name: string, error: unknown) => void
}): Part {
  return makeLoop({
    name: 'expiry',
    idleMs: deps.tickMs,
    maxPauseMs: 5000,
    onError: deps.onError,
    async step(signal) {
      await eachInTurn(allPartitions, async (partition) => {
        for (let more = true; more && !signal.aborted; ) {
          const result = await deps.expire(partition)
          deps.observer.expired(result.expired)
          for (const error of result.refused) deps.onError('expiry', error)
          more = result.more
        }
      })
      return 'idle'
    },
  })
}
