/** A Redis Cluster over TLS and passwords that looks after itself: a master dies in the midst of a sale, and its replica takes over. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partitionOfEvent } from '../../../src/pipeline/partition.ts'
import { type Bought, startBuyers } from '../../faults/buyers.ts'
import { createEvents } from '../../faults/client.ts'
import { eventsOf, startService } from '../../faults/process.ts'
import { assertProven } from '../../faults/proof.ts'
import type { TestServer } from '../../support/restartable.ts'
import { openDatabase, withoutPostgres, withoutRedis } from '../../support/stores.ts'
import { makeAuthority, withoutOpenssl } from '../authority.ts'
import { ask, openCluster, until, untilInStep } from '../cluster.ts'

/** What a master acknowledged and had not sent to its replica yet, and what the clocks of a busy machine add. */
const FORGOTTEN_MS = 1000

test('a master that dies in the midst of a sale is replaced by its replica, over TLS: nobody helps, its events sell on, and nothing is sold twice', {
  skip: withoutOpenssl || withoutRedis || withoutPostgres,
}, async (t) => {
  const authority = makeAuthority('failover')
  const cluster = await openCluster(t, { replicas: true, failover: true, authority })
  const { url: databaseUrl } = await openDatabase(t)
  const stores = { redisUrl: cluster.redisUrl, databaseUrl, ...eventsOf(t), settings: cluster.env }
  const service = await startService(t, 'all', stores)
  const sales = await createEvents(service.api, 6, 5000)
  const placeOf = ({ eventId }: { eventId: string }) => cluster.masterOf(partitionOfEvent(eventId))
  const place = placeOf(sales[0] as (typeof sales)[number])
  const [theirs, others] = [
    sales.filter((sale) => placeOf(sale) === place),
    sales.filter((sale) => placeOf(sale) !== place),
  ]
  assert.ok(others.length > 0, 'the events lie on several masters')
  const [lost, replica] = [cluster.masters[place], cluster.replicas[place]] as [TestServer, TestServer]

  const buyers = [theirs, others].map((some) => startBuyers(service.api, some, { maxRequests: 20_000 }))
  const [ofLost, ofOthers] = buyers as [(typeof buyers)[number], (typeof buyers)[number]]
  await until('both sell', () => buyers.every(({ tally }) => tally.confirmed.size > 20))
  await untilInStep(replica, lost)
  const killedMs = performance.now()
  await lost.kill9()
  const goneMs = performance.now()
  await until('the replica has taken over', async () =>
    String(await ask(replica, 'INFO', 'replication')).includes('role:master'),
  )
  const sold = buyers.map(({ tally }) => tally.confirmed.size)
  await until('both sell on', () =>
    buyers.every(({ tally }, i) => tally.confirmed.size > (sold[i] ?? 0) + 20),
  )
  await until(
    'what became of the master is known',
    async () => (await fetch(`${service.api}/ready`)).status === 200,
  )

  const [tally, tallyOfOthers] = await Promise.all([ofLost.stop(), ofOthers.stop()])
  for (const answers of [tally.answers, tallyOfOthers.answers])
    assert.ok(!answers.has('reserve 409 INSUFFICIENT_SEATS'), JSON.stringify([...answers]))
  const mayForget = (id: string) => {
    const { atMs } = tally.acknowledged.get(id) as Bought
    return killedMs - FORGOTTEN_MS <= atMs && atMs <= goneMs + FORGOTTEN_MS
  }
  await assertProven(stores, tally, { mayForget })
  await assertProven(stores, tallyOfOthers)
})
