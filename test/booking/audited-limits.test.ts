/** Whom the audit holds against which limit of seats. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openService, type TestService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'

const skip = withoutRedis || withoutPostgres
const service = (skip ? null : await openService({ after })) as TestService

/** Somebody holds the most seats that the event allows. */
async function fullHands(maxTicketsPerUser: number): Promise<string> {
  const { event, zoneIds } = await service.event([100], { maxTicketsPerUser })
  await service.hold(event.id, zoneIds[0] as string, { quantity: maxTicketsPerUser })
  await service.persist()
  return event.id
}

async function overLimit(eventId: string) {
  const { findings } = await service.core.audit({ withLimits: true })
  return findings.flatMap((finding) =>
    finding.kind === 'over_limit' && finding.detail.eventId === eventId
      ? [{ store: finding.store, seats: finding.detail.seats, limit: finding.detail.maxTicketsPerUser }]
      : [],
  )
}

test('seats that were taken before the limit was lowered are no finding, however often it changes', {
  skip,
}, async () => {
  const eventId = await fullHands(4)
  for (const maxTicketsPerUser of [2, 3, 1]) {
    await service.core.catalogueStore.update(eventId, { maxTicketsPerUser })
    assert.deepEqual(await overLimit(eventId), [], `${maxTicketsPerUser}`)
  }
})

test('seats above every limit that an event ever had are found in both stores', { skip }, async () => {
  const eventId = await fullHands(4)
  await service.stores.database.query({
    text: 'UPDATE events SET max_tickets_per_user = 2 WHERE id = $1',
    values: [eventId],
  })
  assert.deepEqual(await overLimit(eventId), [
    { store: 'redis', seats: 4, limit: 2 },
    { store: 'postgres', seats: 4, limit: 2 },
  ])
  await service.core.catalogueStore.update(eventId, { maxTicketsPerUser: 3 })
  assert.deepEqual(
    (await overLimit(eventId)).map(({ limit }) => limit),
    [3, 3],
  )
})
