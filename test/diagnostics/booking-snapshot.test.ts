/** A heap snapshot of the booking service, in the midst of a sale: nobody gets a worse answer for it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSameProcess } from '../../src/devstack/identity.ts'
import { assertProven } from '../faults/proof.ts'
import { connectionsOf, membersOf } from '../supervisor/processes.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { until } from './running-app.ts'
import { startSelling } from './selling.ts'

const skip = withoutRedis || withoutPostgres || (process.platform !== 'linux' && 'looks into /proc')

test('the heap of one of two API processes is written while they sell: no request fails, and it sells on', {
  skip,
}, async (t) => {
  const { service, stores, buyers } = await startSelling(t)
  const port = Number(new URL(service.api).port)
  const [one] = membersOf(service.pid(), 'api')
  assert.ok(one)
  const vars = await (await fetch(`${service.diagnostics}/debug/vars`)).json()
  const workers = Object.entries((vars as { workers: Record<string, { process: { pid: number } }> }).workers)
  const [worker] = workers.find(([, { process }]) => process.pid === one.pid) ?? []
  assert.ok(worker)
  await until(() => connectionsOf(one.pid, port) > 0 && buyers.tally.confirmed.size > 20, 60_000)

  const asked = fetch(`${service.diagnostics}/debug/heapsnapshot?worker=${worker}&keep=1`, { method: 'POST' })
  const during = () => buyers.tally.acknowledged.size
  const [before, response] = [during(), await asked]
  const body = await response.text()
  assert.equal(response.status, 200, body)
  const { kept } = JSON.parse(body) as { kept: { bytes: number } }
  assert.ok(kept.bytes > 100_000)
  assert.ok(during() > before, 'the other one sold meanwhile')
  // New connections are dealt to it again.
  await until(async () => {
    await fetch(`${service.api}/health`, { headers: { connection: 'close' } })
    return connectionsOf(one.pid, port) > 0
  }, 60_000)

  const after = during()
  await until(() => during() > after + 50, 60_000)
  const tally = await buyers.stop()
  const failed = [...tally.answers].filter(([answer]) => / none | 5\d\d/.test(answer))
  assert.deepEqual(failed, [])
  assert.deepEqual(tally.defects, [])
  assert.ok(isSameProcess(one), 'it is still the same process')
  await assertProven(stores, tally)
})
