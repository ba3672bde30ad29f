import assert from 'node:assert/strict'
import type { Hold } from '../../src/booking/model.ts'
import type { ReserveCommand } from '../../src/booking/reserve.ts'
import { waitFor } from '../../src/devstack/wait.ts'
import { allPartitions } from '../../src/pipeline/partition.ts'
import { Unavailable } from '../../src/pipeline/unavailable.ts'
import type { TestService } from '../support/service.ts'

export const CAPACITY = 100

/** One event in every state that a rebuild must bring back. Everything but `unwritten` is in PostgreSQL. */
export interface Scene {
  eventId: string
  zoneId: string
  confirmed: Hold[]
  cancelled: Hold[]
  held: Hold[]
  /** Has as many seats as one person may have. */
  fullUser: string
  keyed: { command: ReserveCommand; hold: Hold }
  /** In the stream alone. */
  unwritten: Hold[]
  generations: ReadonlyMap<number, number>
}

export async function populate(service: TestService): Promise<Scene> {
  const { event, zoneIds } = await service.event([CAPACITY])
  const [eventId, zoneId] = [event.id, zoneIds[0] as string]
  const holds = (count: number) =>
    Promise.all(Array.from({ length: count }, () => service.hold(eventId, zoneId)))

  const [confirmed, cancelled] = [await holds(6), await holds(3)]
  // Half of them before the persister wrote them, half after.
  for (const hold of confirmed.slice(0, 3)) await confirm(service, hold)
  await service.persist()
  for (const hold of confirmed.slice(3)) await confirm(service, hold)
  for (const { bookingId, userId } of cancelled) await service.cancel({ bookingId, userId })

  const fullUser = 'user-with-ten-seats'
  const command = service.command(eventId, zoneId, { idempotencyHash: 'k'.repeat(43) })
  const held = await holds(4)
  held.push(await service.hold(eventId, zoneId, { userId: fullUser, quantity: 10 }))
  const outcome = await service.reserve(command)
  assert.ok(outcome.kind === 'reserved')
  held.push(outcome.hold)
  await service.persist()
  const unwritten = await holds(5)
  return {
    ...{ eventId, zoneId, confirmed, cancelled, held, fullUser, unwritten },
    keyed: { command, hold: outcome.hold },
    generations: await generations(service),
  }
}

export async function confirm(service: TestService, hold: Hold): Promise<void> {
  const { bookingId, userId } = hold
  const outcome = await service.confirm({ bookingId, userId, paymentId: await service.pay(hold) })
  assert.equal(outcome.kind, 'confirmed')
}

/** Nothing is sold and nothing ended; waits until the reason given is the one expected, not a lost connection. */
export async function assertNothingSells(service: TestService, scene: Scene, reason: RegExp): Promise<void> {
  const { eventId, zoneId, held, keyed } = scene
  const [hold] = held as [Hold]
  const paymentId = await service.pay(hold)
  const { bookingId, userId } = hold
  const attempts = [
    () => service.reserve(service.command(eventId, zoneId)),
    () => service.reserve({ ...keyed.command, bookingId: service.command(eventId, zoneId).bookingId }),
    () => service.confirm({ bookingId, userId, paymentId }),
    () => service.cancel({ bookingId, userId }),
  ]
  let message = ''
  for (const attempt of attempts) await assert.rejects(attempt(), Unavailable)
  await until('the refusal names its reason', async () => {
    await assert.rejects(service.reserve(service.command(eventId, zoneId)), (error: unknown) => {
      assert.ok(error instanceof Unavailable)
      message = error.message
      return true
    })
    return reason.test(message)
  })
}

/**
 * Everything that PostgreSQL knew is back, everything else is free again, and the sale goes on to the last seat.
 *
 * @param kept those of `unwritten` that Redis still had
 */
export async function assertRestored(service: TestService, scene: Scene, kept: Hold[]): Promise<void> {
  const { eventId, zoneId, confirmed, held, keyed, fullUser } = scene
  const live = [...held, ...kept]
  const taken = seatsOf([...confirmed, ...live])
  assert.deepEqual(await service.findings(), [])
  const seats = (await service.core.inventory.seats(eventId)).get(zoneId)
  assert.deepEqual(seats, { available: CAPACITY - taken, sold: seatsOf(confirmed), capacity: CAPACITY })
  for (const { bookingId } of live) assert.ok(await service.core.holds.peek(bookingId), 'a hold is back')
  assert.deepEqual(await statuses(service, confirmed), Array(confirmed.length).fill('confirmed'))
  for (const [partition, generation] of await generations(service)) {
    assert.ok(generation > (scene.generations.get(partition) ?? 0), 'the generation is a later one')
  }

  // The limit and the idempotency key are back.
  const over = await service.reserve(service.command(eventId, zoneId, { userId: fullUser }))
  assert.equal(over.kind, 'limit_exceeded')
  const replay = await service.reserve({
    ...keyed.command,
    bookingId: service.command(eventId, zoneId).bookingId,
  })
  assert.ok(replay.kind === 'reserved' && replay.replayed)
  assert.equal(replay.hold.bookingId, keyed.hold.bookingId)

  // Holds from before can be ended, and the rest can be sold: to the last seat and no further.
  const [toConfirm, toCancel, ...waiting] = live as [Hold, Hold, ...Hold[]]
  await confirm(service, toConfirm)
  assert.equal((await service.cancel({ ...toCancel })).kind, 'cancelled')
  const free = CAPACITY - taken + toCancel.quantity
  const buyers = Array.from({ length: free + 10 }, () => service.reserve(service.command(eventId, zoneId)))
  const sold = (await Promise.all(buyers)).flatMap((outcome) =>
    outcome.kind === 'reserved' ? [outcome.hold] : [],
  )
  assert.equal(sold.length, free)

  // The stream goes on after the cursor: what was sold since is written, once, and nothing old stays in it.
  assert.equal(await service.persist(), free)
  assert.deepEqual(new Set(await statuses(service, sold)), new Set(['reserved']))
  assert.equal(
    (await service.stream.backlog()).reduce((sum, { entries }) => sum + entries, 0),
    0,
  )
  assert.deepEqual(await service.findings(), [])

  // Nothing leaked: when every hold is over, all but the confirmed seats are free.
  await service.setClock(Date.now() + 3_600_000)
  assert.equal(await service.expire(), waiting.length + sold.length)
  await service.setClock(null)
  const inTheEnd = (await service.core.inventory.seats(eventId)).get(zoneId)
  const soldSeats = seatsOf([...confirmed, toConfirm])
  assert.deepEqual(inTheEnd, { available: CAPACITY - soldSeats, sold: soldSeats, capacity: CAPACITY })
  assert.deepEqual(await service.findings(), [])
}

/** Reconciles as the worker does: again while Redis cannot be reached, or was refused a moment ago. */
export async function rebuild(service: TestService): Promise<void> {
  let kind = ''
  await until('Redis is rebuilt', async () => {
    try {
      kind = (await service.reconcile()).kind
      return true
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      return false
    }
  })
  assert.equal(kind, 'rebuilt')
}

export async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  assert.ok(await waitFor(check, { timeoutMs: 30_000 }), `did not come true: ${what}`)
}

export async function generations(service: TestService): Promise<Map<number, number>> {
  const { rows } = await service.stores.database.query<{ partition: number; generation: string }>({
    text: 'SELECT partition, generation FROM generation',
  })
  assert.equal(rows.length, allPartitions.length)
  return new Map(rows.map(({ partition, generation }) => [partition, Number(generation)]))
}

export function seatsOf(holds: Hold[]): number {
  return holds.reduce((sum, { quantity }) => sum + quantity, 0)
}

/** What PostgreSQL says of each; null: it does not have it. */
export async function statuses(service: TestService, holds: Hold[]): Promise<(string | null)[]> {
  const stored = await service.core.ledger.findMany(holds.map(({ bookingId }) => bookingId))
  const byId = new Map(stored.map(({ bookingId, status }) => [bookingId, status]))
  return holds.map(({ bookingId }) => byId.get(bookingId) ?? null)
}
