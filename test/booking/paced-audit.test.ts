import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { makeAudit } from '../../src/booking/audit.ts'
import { waitFor } from '../../src/devstack/wait.ts'
import { makeBookingCounts } from '../../src/postgres/booking-counts.ts'
import { makeSeatCounts } from '../../src/redis/seat-counts.ts'
import { makeAuditor } from '../../src/workers/auditor.ts'
import { openService, type TestService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { atOnce } from './probe.ts'

const skip = withoutRedis || withoutPostgres
const service = (skip ? null : await openService({ after })) as TestService

test('an audit that rests counts what one that does not rest counts', { skip }, async () => {
  const { event, zoneIds } = await service.event([1000, 1000], { maxTicketsPerUser: 4 })
  await atOnce(700, (i) =>
    service.hold(event.id, zoneIds[i % 2] as string, { userId: `user-${i}`, idempotencyHash: `key-${i}` }),
  )
  await service.persist()
  const paced = await service.core.pacedAudit({ withLimits: true })
  assert.deepEqual(paced, await service.core.audit({ withLimits: true }))
  assert.deepEqual(
    paced.zones.map(({ live }) => live?.held),
    [350, 350],
  )
})

test('a worker that is stopped while its audit rests ends without waiting for it, and reports nothing', {
  skip,
}, async () => {
  const stored = makeBookingCounts(service.stores.database)
  let hasBegun = false
  // The first step's rest alone is longer than the test may take.
  const live = makeSeatCounts(service.stores.redis, { restRatio: 1_000_000 })
  const errors: unknown[] = []
  const auditor = makeAuditor({
    audit: makeAudit({
      live: {
        ...live,
        zones(...asked) {
          hasBegun = true
          return live.zones(...asked)
        },
      },
      stored,
    }),
    capacity: service.core.capacity,
    intervalMs: 10,
    observer: { looked: () => assert.fail('it came to its end'), failed: () => {} },
    onError: (_, error) => void errors.push(error),
  })
  await auditor.start()
  assert.ok(await waitFor(() => hasBegun, { timeoutMs: 10_000 }))
  await auditor.stop()
  assert.deepEqual(errors, [])
})
