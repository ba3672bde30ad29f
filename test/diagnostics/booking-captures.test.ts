/** Every capture of the booking service, one after the other, in the midst of a sale: each comes, says what it cost, and nobody gets a worse answer for it. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { assertProven } from '../faults/proof.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { has, temporaryDir } from './programs.ts'
import { goPprof, until } from './running-app.ts'
import { startSelling } from './selling.ts'

interface Described {
  name: string
  route: string
  method: string
  params: Record<string, { kind: string; min: number }>
}

const SECONDS = 3
/** Those that must show the service's own functions. Of the others there may be nothing at that moment. */
const inCode = ['profile', 'heap', 'allocs', 'mutex']

test('in the midst of a sale by two processes every capture comes, names the service’s functions, and no request fails', {
  skip: withoutRedis || withoutPostgres,
}, async (t) => {
  const { service, stores, buyers } = await startSelling(t, { HEAP_SAMPLING: 'true' })
  await until(() => buyers.tally.confirmed.size > 20, 60_000)

  const index = await fetch(`${service.diagnostics}/debug/pprof/?format=json`)
  const { captures } = (await index.json()) as { captures: Described[] }
  const hasGo = has(t, 'go')
  const dir = temporaryDir(t)
  const opened: string[] = []
  // A heap snapshot takes a process out of traffic: booking-snapshot.test.ts.
  for (const { name, route, params } of captures.filter(({ method }) => method === 'GET')) {
    const query = params.seconds ? `?seconds=${SECONDS}` : ''
    const { response, body } = await captured(service.diagnostics + route + query)
    assert.equal(response.status, 200, `${name}: ${body.subarray(0, 300)}`)
    assert.ok(body.byteLength > 0, name)
    assert.ok(response.headers.has('x-diagnostics-stall-ms'), `${name} says what it cost`)
    assert.equal(response.headers.get('x-diagnostics-partial'), null, name)
    // The two bytes that gzip begins with.
    if (!hasGo || !route.includes('/pprof/') || body.readUInt16BE() !== 0x1f8b) continue
    const file = join(dir, `${name}.pb.gz`)
    writeFileSync(file, body)
    const raw = await goPprof(dir, '-raw', file)
    if (inCode.includes(name)) assert.match(raw, /\/src\/[a-z-]+\/.*\.ts:[1-9]/, name)
    opened.push(name)
  }
  for (const name of hasGo ? inCode : []) assert.ok(opened.includes(name), opened.join())

  const { size } = buyers.tally.confirmed
  await until(() => buyers.tally.confirmed.size > size + 20, 60_000)
  const tally = await buyers.stop()
  const failed = [...tally.answers].filter(([answer]) => / none | 5\d\d/.test(answer))
  assert.deepEqual(failed, [])
  await assertProven(stores, tally)
})

/** A process that had no CPU for too long is named as missing; then it is asked again. */
async function captured(address: string) {
  for (let tries = 1; ; tries++) {
    const response = await fetch(address)
    const body = Buffer.from(await response.arrayBuffer())
    if (tries === 5 || response.headers.get('x-diagnostics-partial') === null) return { response, body }
  }
}
