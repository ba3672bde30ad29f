import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, createEvents } from '../../faults/client.ts'
import { eventsOf, startService } from '../../faults/process.ts'
import { until } from '../../faults/proof.ts'
import { openDatabase, openRedis, withoutPostgres, withoutRedis } from '../../support/stores.ts'

test('the metrics of two API processes and a worker are one page: counters add up, and what is of a process says of which', {
  skip: withoutRedis || withoutPostgres,
}, async (t) => {
  const [redis, database] = await Promise.all([openRedis(t), openDatabase(t)])
  const service = await startService(
    t,
    'all',
    { redisUrl: redis.url, databaseUrl: database.url, ...eventsOf(t) },
    { WEB_CONCURRENCY: '2', PG_POOL_MAX: '4', PG_POOL_MIN: '1' },
  )
  const [sale] = await createEvents(service.api, 1, 100)
  for (let i = 0; i < 40; i++) {
    const answer = await ask('POST', `${service.api}/api/v1/bookings/reserve`, {
      user: `guest-${i}`,
      body: { event_id: sale?.eventId, zone_id: sale?.zoneId, quantity: 1 },
      headers: { connection: 'close' },
    })
    assert.equal(answer.status, 201)
  }
  const count =
    'http_server_request_duration_seconds_count{method="POST",route="/api/v1/bookings/reserve",status="201"}'
  await until('every process has told what it did', async () => (await service.metric(count)) === 40)
  assert.equal(await service.metric('booking_reservations_total{outcome="reserved"}'), 40)
  await until(
    'the worker has written them',
    async () => (await service.metric('persister_batch_size_sum')) === 40,
  )
  assert.equal(await service.metric('pg_pool_max'), 4 + 4 + 12, 'two API processes and the background work')
  const page = await (await fetch(`${service.diagnostics}/metrics`)).text()
  const memory = [...page.matchAll(/^process_resident_memory_bytes\{worker="(\d+)"\} \d+$/gm)]
  assert.equal(
    new Set(memory.map(([, worker]) => worker)).size,
    4,
    'the primary, the worker and two API processes',
  )
  assert.equal(await service.end('SIGTERM'), 0)
})
