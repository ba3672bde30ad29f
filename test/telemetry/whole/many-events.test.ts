import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { ask, createEvents, type OnSale } from '../../faults/client.ts'
import { eventsOf, type ServiceProcess, startService } from '../../faults/process.ts'
import { until } from '../../faults/proof.ts'
import { openDatabase, openRedis, withoutPostgres, withoutRedis } from '../../support/stores.ts'

const EVENTS = 560
const QUEUES = 120
const METHODS = 400
const AT_A_TIME = 20
/** The bounds that docs/metrics.md states. */
const MAX_ZONES = 500
const MAX_QUEUES = 100
const STATES_OF_A_ZONE = 3
/** Waiting, oldest wait, passes and target, and one for each of six reasons to pause. */
const SERIES_OF_A_QUEUE = 4 + 6

const isOfZone = (name: string) => name.startsWith('inventory_seats{')
const isOfQueue = (name: string) => /^queue_\w+\{event=/.test(name)
/** By statement and by request to Kafka: of the code and of the protocol, and there with the first. */
const isOfCode = (name: string) => /^(pg_query|kafka_request)_duration_seconds_/.test(name)

test('however many events, queues and made-up methods a service meets, it shows as many series as it states, and an event that is over gives its own to another', {
  skip: withoutRedis || withoutPostgres,
}, async (t) => {
  const [redis, database] = await Promise.all([openRedis(t), openDatabase(t)])
  const stores = { redisUrl: redis.url, databaseUrl: database.url, ...eventsOf(t) }
  const service = await startService(t, 'all', stores, { AUDIT_INTERVAL_MS: '500' })
  const count = async (isOne: (name: string) => boolean) => (await seriesOf(service)).filter(isOne).length

  // One of each, so that whatever comes after is of the many.
  const [first] = await createEvents(service.api, 1, 10)
  assert.ok(first)
  await join(service, first.eventId)
  await speak(service, 'GRAB')
  assert.equal(await cancel(service, first.eventId), 200)
  const ofFirst = (name: string) => isOfZone(name) && name.includes(first.eventId)
  await until('the queue is looked at', async () => (await count(isOfQueue)) === SERIES_OF_A_QUEUE)
  await until(
    'the auditor has looked',
    async () => (await count(isOfZone)) > 0 && (await count(ofFirst)) === 0,
  )
  // Of the service's own on-sale.
  const zonesBefore = (await count(isOfZone)) / STATES_OF_A_ZONE
  const before = new Set(await seriesOf(service))

  const events: OnSale[] = []
  while (events.length < EVENTS) events.push(...(await createEvents(service.api, AT_A_TIME, 10)))
  await atATime(events.slice(0, QUEUES), ({ eventId }) => join(service, eventId))
  const methods = Array.from({ length: METHODS }, (_, i) => `GRAB${i}`)
  await atATime(methods, (method) => speak(service, method))
  const hidden = () => service.metric('inventory_hidden_zones')
  const beyond = zonesBefore + EVENTS - MAX_ZONES
  await until('the auditor has seen all', async () => (await hidden()) === beyond)

  await until(
    'every queue was looked at',
    async () => (await count(isOfQueue)) >= MAX_QUEUES * SERIES_OF_A_QUEUE,
  )
  const after = await seriesOf(service)
  assert.equal(after.filter(isOfZone).length, MAX_ZONES * STATES_OF_A_ZONE)
  assert.equal(after.filter(isOfQueue).length, MAX_QUEUES * SERIES_OF_A_QUEUE)
  const others = after.filter((name) => !(isOfZone(name) || isOfQueue(name) || isOfCode(name)))
  assert.deepEqual(
    others.filter((name) => !before.has(name)),
    [],
  )

  const [over] = events.filter(({ eventId }) =>
    after.some((name) => isOfZone(name) && name.includes(eventId)),
  )
  assert.ok(over)
  assert.equal(await cancel(service, over.eventId), 200)
  const ofOver = (name: string) => isOfZone(name) && name.includes(over.eventId)
  await until('it is shown no more', async () => (await count(ofOver)) === 0)
  assert.equal(await count(isOfZone), MAX_ZONES * STATES_OF_A_ZONE)
  assert.equal(await hidden(), beyond - 1)
})

async function join({ api }: ServiceProcess, eventId: string): Promise<void> {
  const body = { event_id: eventId }
  const answer = await ask('POST', `${api}/api/v1/queue/join`, { user: `guest-${randomUUID()}`, body })
  assert.ok(answer.status < 300, JSON.stringify(answer.body))
}

async function cancel({ api }: ServiceProcess, eventId: string): Promise<number> {
  const boss = { user: 'boss', role: 'organizer' } as const
  return (await ask('POST', `${api}/api/v1/events/${eventId}/cancel`, boss)).status
}

/** A request whose method is made up; it is answered, and its connection closed. */
async function speak({ api }: ServiceProcess, method: string): Promise<void> {
  const { hostname, port } = new URL(api)
  const socket = connect(Number(port), hostname)
  socket.write(`${method} /${randomUUID()} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`)
  const [begin] = (await once(socket, 'data')) as [Buffer]
  assert.match(begin.toString(), /^HTTP\/1.1 400 /)
  socket.destroy()
}

async function atATime<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values()
  const one = async () => {
    for (const item of left) await work(item)
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, one))
}

/** Names with their labels. */
async function seriesOf({ diagnostics }: ServiceProcess): Promise<string[]> {
  const text = await (await fetch(`${diagnostics}/metrics`)).text()
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return lines.map((line) => line.slice(0, line.lastIndexOf(' ')))
}
