import assert from 'node:assert/strict'
import { fieldsOf } from '../../src/redis/hold-fields.ts'
import { dueKey, holdPrefix, inventoryKey, takenKey } from '../../src/redis/keys.ts'
import type { TestService } from '../support/service.ts'
import type { Model, StoredBooking } from './model.ts'

/** Inventory, taken and every hold, in one atomic look: the invariants hold between any two calls, so they must hold here. */
const LOOK = `
local holds = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do
  local h = redis.call('HGETALL', ARGV[1] .. id)
  if #h > 0 then holds[#holds + 1] = h end
end
return { redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2]), holds }`

interface Stored {
  bookings: StoredBooking[]
  zones: { id: string; sold: number; capacity: number }[]
}

export interface Invariants {
  /** Checks what must be true after every call. @throws AssertionError */
  always(): Promise<void>
}

export function makeInvariants(
  service: TestService,
  event: { eventId: string; partition: number; zoneIds: string[]; limit: number },
  model: Model,
): Invariants {
  const { stores } = service
  const { eventId, partition, zoneIds, limit } = event

  async function look(): Promise<Stored> {
    const { rows } = await stores.database.pool.query<Stored>({
      name: 'property_look',
      text: `SELECT
        (SELECT coalesce(json_agg(json_build_object('id', id, 'userId', user_id, 'zoneId', zone_id, 'quantity', quantity,
          'status', status)), '[]') FROM bookings WHERE event_id = $1) AS bookings,
        (SELECT json_agg(json_build_object('id', id, 'sold', sold, 'capacity', capacity)) FROM zones WHERE event_id = $1) AS zones`,
      values: [eventId],
    })
    return rows[0] as Stored
  }

  function checkStored({ bookings, zones }: Stored): void {
    for (const { id, sold, capacity } of zones) {
      const confirmed = sum(bookings.filter(({ zoneId, status }) => zoneId === id && status === 'confirmed'))
      assert.equal(sold, confirmed, `zone ${id} counts ${sold} sold`)
      assert.ok(sold <= capacity)
    }
    for (const [userId, theirs] of Map.groupBy(bookings.filter(hasSeats), (booking) => booking.userId)) {
      assert.ok(sum(theirs) <= limit, `${userId} has ${sum(theirs)} seats in PostgreSQL`)
    }
  }

  async function checkLive(rows: StoredBooking[]): Promise<void> {
    const [inventory, taken, holds] = (await stores.redis.run((redis) =>
      redis.eval(LOOK, 3, inventoryKey(eventId), takenKey(eventId), dueKey(partition), holdPrefix(partition)),
    )) as [string[], string[], string[][]]
    const stock = fieldsOf(inventory)
    const live = holds.map(fieldsOf).filter((hold) => hold.e === eventId && hold.r === undefined)
    for (const zoneId of zoneIds) {
      const available = Number(stock[`a:${zoneId}`])
      const sold = Number(stock[`s:${zoneId}`])
      const capacity = Number(stock[`c:${zoneId}`])
      const held = live.filter(({ z }) => z === zoneId).reduce((seats, { q }) => seats + Number(q), 0)
      assert.equal(available + held + sold, capacity, `zone ${zoneId}: ${available} + ${held} + ${sold}`)
      assert.ok(available >= 0)
      // Whoever has seats in PostgreSQL has them in Redis too: nobody else can be given them.
      const stored = sum(rows.filter((row) => row.zoneId === zoneId && hasSeats(row)))
      assert.ok(
        stored <= capacity - available,
        `zone ${zoneId}: ${stored} seats stored, ${capacity - available} taken`,
      )
    }
    const seats = Object.entries(fieldsOf(taken))
    for (const [userId, count] of seats) assert.ok(Number(count) <= limit, `${userId} has taken ${count}`)
    const allTaken = seats.reduce((all, [, count]) => all + Number(count), 0)
    const allHeldOrSold = zoneIds.reduce(
      (all, id) => all + Number(stock[`c:${id}`]) - Number(stock[`a:${id}`]),
      0,
    )
    assert.equal(allTaken, allHeldOrSold, 'the limits count other seats than the zones')
  }

  return {
    async always() {
      const stored = await look()
      model.check(stored.bookings)
      checkStored(stored)
      if (model.sound()) await checkLive(stored.bookings)
    },
  }
}

function hasSeats({ status }: StoredBooking): boolean {
  return status === 'reserved' || status === 'confirmed'
}

function sum(bookings: StoredBooking[]): number {
  return bookings.reduce((seats, { quantity }) => seats + quantity, 0)
}
