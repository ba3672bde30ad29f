import type { Hold } from '../../src/booking/model.ts'
import type { CatalogueEvent } from '../../src/catalogue/model.ts'
import { newBookingId } from '../../src/pipeline/partition.ts'
import { makeAdmissions } from '../../src/redis/admissions.ts'
import { userName } from './sale.ts'
import type { Stage } from './stage.ts'

/** Calls of reserve.lua under way at a time. */
const TOGETHER = 1000

export interface FilledHold {
  hold: Hold
  /** Whose it is: see userName. */
  user: number
}

/** Reserves seats through the service's own admissions, in turns over events and users; the stream's limit is out of the way. */
export async function reserveMany(
  { tools, config }: Stage,
  events: readonly CatalogueEvent[],
  users: number,
  count: number,
): Promise<FilledHold[]> {
  const admissions = makeAdmissions(tools.redis, {
    streamMaxEntries: Number.MAX_SAFE_INTEGER,
    idempotencyTtlSeconds: config.IDEMPOTENCY_TTL_SECONDS,
  })

  async function reserveOne(index: number): Promise<FilledHold> {
    const event = events[index % events.length]
    const show = event?.shows[0]
    const zone = show?.zones[0]
    if (!event || !show || !zone) throw new Error('there is nothing to reserve')
    const user = index % users
    const admission = await admissions.admit({
      bookingId: newBookingId(event.id),
      userId: userName(user),
      eventId: event.id,
      showId: show.id,
      zoneId: zone.id,
      quantity: 1,
      unitPriceMinor: zone.priceMinor,
      currency: zone.currency,
      catalogueVersion: event.version,
      maxTicketsPerUser: event.maxTicketsPerUser,
      holdMs: config.HOLD_TTL_SECONDS * 1000,
      idempotencyHash: null,
      traceparent: null,
      queueRequired: false,
      passId: null,
    })
    if (admission.kind !== 'reserved') throw new Error(`a reservation was answered ${admission.kind}`)
    return { hold: admission.hold, user }
  }

  const holds: FilledHold[] = []
  while (holds.length < count) {
    const some = Math.min(TOGETHER, count - holds.length)
    const first = holds.length
    holds.push(...(await Promise.all(Array.from({ length: some }, (_, i) => reserveOne(first + i)))))
  }
  return holds
}
