/** The commands of the documentation, run as they stand against a whole service; what they print is looked at. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { has } from '../../diagnostics/programs.ts'
import { ask, createEvents } from '../../faults/client.ts'
import { type StoreAddresses, startService } from '../../faults/process.ts'
import { withoutStores } from '../../page/service.ts'
import type { Cleanup } from '../../support/restartable.ts'
import { openDatabase, openKafka, openRedis } from '../../support/stores.ts'
import { commandsOfPages } from '../commands.ts'
import { type Reader, runPage } from '../run-page.ts'
import { entryOf, pagesOfOwnTests } from '../ways.ts'

const cleanups: (() => Promise<void>)[] = []
const file: Cleanup = { after: (fn) => void cleanups.push(fn) }
let reader: Reader

before(async () => {
  if (withoutStores) return
  const [redis, database, kafka] = [await openRedis(file), await openDatabase(file), openKafka(file)]
  const stores: StoreAddresses = {
    redisUrl: redis.url,
    databaseUrl: database.url,
    kafkaBrokers: kafka.brokers,
    topicPrefix: `${kafka.topic('docs')}.`,
  }
  const collector = await openCollector(file)
  const service = await startService(file, 'all', stores)
  // Books with nothing in them are no books: the audit wants the topic that the first sale makes.
  const [sale] = await createEvents(service.api, 1, 10)
  const body = { event_id: sale?.eventId, zone_id: sale?.zoneId, quantity: 1 }
  const reserved = await ask('POST', `${service.api}/api/v1/bookings/reserve`, { body })
  assert.equal(reserved.status, 201)
  reader = { service, stores, more: { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: collector } }
})

after(async () => {
  // The service before its stores.
  for (const end of cleanups.reverse()) await end()
})

const runnable = commandsOfPages().filter(
  ({ page, text }) => entryOf(text)?.way.kind === 'run' && pagesOfOwnTests[page] === undefined,
)

for (const [page, commands] of Map.groupBy(runnable, (command) => command.page)) {
  test(`the commands of ${page} do what it says`, { skip: withoutStores }, async (t) => {
    // Without a program the other commands are run all the same; CI has them.
    const missing = (['go', 'promtool'] as const).filter(
      (program) => commands.some(({ text }) => uses(text, program)) && !has(t, program),
    )
    const usable = commands.filter(({ text }) => !missing.some((program) => uses(text, program)))
    await runPage(usable, reader)
  })
}

const uses = (text: string, program: string): boolean => new RegExp(`\\b${program} `).test(text)

/** Takes whatever is posted. */
async function openCollector(t: Cleanup): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.end('{}'))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.after(async () => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
