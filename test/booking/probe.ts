/** Looks at what the stores hold, in the words of the tests. */
import assert from 'node:assert/strict'
import type { BookingStatus } from '../../src/booking/model.ts'
import { waitFor } from '../../src/devstack/wait.ts'
import { Unavailable } from '../../src/pipeline/unavailable.ts'
import type { Part } from '../../src/workers/loop.ts'
import type { TestService } from '../support/service.ts'

/** Later than every hold and every lease that a test makes. */
const FAR_MS = 24 * 3_600_000

/** How many outcomes there are of each kind. */
export function kinds(outcomes: readonly { kind: string }[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { kind } of outcomes) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

/** The kinds of outcomes; `unavailable` for the fault of that name. */
export async function kindOf(outcome: Promise<{ kind: string }>): Promise<string> {
  try {
    return (await outcome).kind
  } catch (error) {
    if (error instanceof Unavailable) return 'unavailable'
    throw error
  }
}

/** Runs `work` so many times at once. */
export function atOnce<T>(times: number, work: (i: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: times }, (_, i) => work(i)))
}

/** A booking's status in PostgreSQL; null when it is not there (yet). */
export async function statusOf(service: TestService, bookingId: string): Promise<BookingStatus | null> {
  return (await service.core.ledger.find(bookingId))?.status ?? null
}

/** The outbox of a booking in its order, each message as `type version`; without what became of its payments. */
export async function messagesOf(service: TestService, bookingId: string): Promise<string[]> {
  const { rows } = await service.stores.database.query<{ type: string; version: number }>({
    text: `SELECT type, version FROM outbox WHERE booking_id = $1 AND topic <> 'payment-events' ORDER BY seq`,
    values: [bookingId],
  })
  return rows.map(({ type, version }) => `${type} ${version}`)
}

/** A zone in both stores. `live.held` is counted from the holds. */
export async function zoneOf(service: TestService, zoneId: string) {
  const { zones } = await service.core.audit({ withLimits: false })
  const zone = zones.find(({ stored }) => stored.zoneId === zoneId)
  assert.ok(zone?.live, `zone ${zoneId} is loaded`)
  const { capacity, sold, confirmed, reserved } = zone.stored
  return { live: zone.live, stored: { capacity, sold, confirmed, reserved } }
}

/** Live seats of a zone, short. */
export async function liveSeats(service: TestService, zoneId: string): Promise<string> {
  const { available, held, sold } = (await zoneOf(service, zoneId)).live
  return `${available} available, ${held} held, ${sold} sold`
}

/** Lets workers run until a test has seen what it waits for; a bound keeps it from waiting for ever when that never comes. */
export async function runUntil(workers: readonly Part[], isDone: () => boolean): Promise<void> {
  try {
    for (const worker of workers) await worker.start()
    assert.ok(await waitFor(isDone, { timeoutMs: 30_000 }), 'the workers came to an end of their work')
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()))
  }
}

/** Plain Redis commands. */
export function redisOf(service: TestService) {
  return service.stores.redis.run.bind(service.stores.redis)
}

/**
 * Once everything is written and everything left to expire has expired, nothing is reserved any more and the audit finds
 * nothing.
 */
export async function assertSound(service: TestService): Promise<void> {
  await service.persist()
  await service.setClock(Date.now() + FAR_MS)
  try {
    await service.expire()
    assert.deepEqual(await service.findings(), [])
    const { rows } = await service.stores.database.query({
      text: `SELECT id FROM bookings WHERE status = 'reserved'`,
    })
    assert.deepEqual(rows, [])
  } finally {
    await service.setClock(null)
  }
}
