import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { countFlights, inFlight, track, untrackedFlights } from '../../src/diagnostics/in-flight.ts'
import { limits } from '../../src/diagnostics/limits.ts'
import { askApp, startBlocking } from './blocks.ts'
import { has, temporaryDir } from './programs.ts'
import { goPprof, type RunningApp, until } from './running-app.ts'

async function text({ url }: RunningApp, path: string): Promise<string> {
  const response = await fetch(`${url}${path}`)
  assert.equal(response.status, 200)
  return response.text()
}

test('a request that hangs, a command and a wait are seen while they go on, and not after', async (t) => {
  const app = await startBlocking(t, 'single')
  const slow = askApp(app, '/slow/12345?forMs=8000')
  await askApp(app, '/command?forMs=8000')
  const path = '/debug/pprof/goroutine?debug=1'
  await until(async () => /^ +1 {2}request {2}GET \/slow\/:id {2}< 10 s$/m.test(await text(app, path)))
  const each = await text(app, '/debug/pprof/goroutine?debug=2')
  assert.match(each, /^ +[1-7]\.\d{3} s {2}request {2}GET \/slow\/:id$/m)
  assert.match(each, /^ +[0-7]\.\d{3} s {2}command {2}reserve {2}\{"show":"1"\}$/m)
  assert.ok(each.indexOf('/slow/:id') < each.indexOf('reserve'), 'the oldest is first')
  await slow
  await until(async () => !/request|command/.test(await text(app, path)))
})

test('go tool pprof reads what is in flight, from the kind to the age', async (t) => {
  if (!has(t, 'go')) return
  const app = await startBlocking(t, 'single')
  const slow = askApp(app, '/slow?forMs=6000')
  const address = `http://localhost:${app.diagnosticsPort}/debug/pprof/goroutine`
  await until(async () => (await text(app, '/debug/pprof/goroutine?debug=1')).includes('GET /slow'))
  const traces = await goPprof(temporaryDir(t), '-traces', address)
  assert.match(traces, /^Type: goroutine$/m)
  assert.match(traces, /1 {3}(<|≥) .*\n +GET \/slow\n +request$/m)
  await slow
})

test('there is a bound on what is taken down, and without the library nothing is', async () => {
  track('request', 'GET /')
  assert.equal([...inFlight()].length, 0)
  const end = countFlights()
  const done = Array.from({ length: limits.flightsMax + 5 }, (_, index) => track('request', `${index}`))
  assert.equal([...inFlight()].length, limits.flightsMax)
  assert.equal(untrackedFlights(), 5)
  for (const one of done) one()
  assert.equal([...inFlight()].length, 0)
  end()
})

test('resources are named by type, connections by their other end', async (t) => {
  const elsewhere = createServer().listen(0, '127.0.0.1')
  await once(elsewhere, 'listening')
  t.after(() => elsewhere.close())
  const app = await startBlocking(t, 'single')
  const { port } = new URL(app.appUrl)
  const socket = connect(Number(port), '127.0.0.1')
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  const here = async () => JSON.parse(await text(app, '/debug/resources')).workers['0']
  await until(async () => (await here()).types.TCPSocketWrap >= 1)
  const { types, sockets, listening } = await here()
  assert.ok(types.TCPServerWrap >= 1)
  assert.deepEqual(listening, [`127.0.0.1:${port}`])
  assert.ok(Object.keys(sockets).some((name) => name.startsWith('127.0.0.1:')))
})
