import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent, get, type IncomingMessage, request } from 'node:http'
import { freemem } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { Manifest } from '../../src/diagnostics/artifacts/manifest.ts'
import { temporaryDir } from './programs.ts'
import { startRecording } from './recording.ts'
import { type RunningApp, startScript, until } from './running-app.ts'

const MIB = 2 ** 20
const script = join(import.meta.dirname, 'snapshot-app.ts')

/** Temporary files go to a folder of the test's own. */
async function startHolding(t: TestContext, shape: string, mib: number) {
  const dir = temporaryDir(t)
  const app = await startScript(t, [script, shape, String(mib)], { ...process.env, TMPDIR: dir })
  return { app, leftOvers: () => readdirSync(dir) }
}

function post(app: RunningApp, query = '', init: RequestInit = {}): Promise<Response> {
  return fetch(`${app.url}/debug/heapsnapshot${query}`, { method: 'POST', ...init })
}

test('a snapshot opens as DevTools reads it, with as many nodes and edges as it says, and nothing is left of it', async (t) => {
  const { app, leftOvers } = await startHolding(t, 'small', 2)
  const response = await post(app)
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-disposition') ?? '', /worker-0\.heapsnapshot/)
  const { snapshot, nodes, edges, strings } = (await response.json()) as {
    snapshot: {
      meta: { node_fields: string[]; edge_fields: string[] }
      node_count: number
      edge_count: number
    }
    nodes: number[]
    edges: number[]
    strings: string[]
  }
  assert.equal(nodes.length, snapshot.node_count * snapshot.meta.node_fields.length)
  assert.equal(edges.length, snapshot.edge_count * snapshot.meta.edge_fields.length)
  assert.ok(strings.some((text) => text.includes('snapshot-app.ts')))
  assert.ok(Number(response.headers.get('x-diagnostics-stall-ms')) > 0)
  await until(() => leftOvers().length === 0)
})

test('it comes compressed to who takes that, as long as it says; kept as an artifact it needs the scope heap', async (t) => {
  const { app, leftOvers } = await startHolding(t, 'small', 1)
  const sizes = { gzip: 0, identity: 0 }
  for (const encoding of ['gzip', 'identity'] as const) {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { 'accept-encoding': encoding }
      request(`${app.url}/debug/heapsnapshot`, { method: 'POST', headers }, resolve).on('error', reject).end()
    })
    assert.equal(response.headers['content-encoding'], encoding === 'gzip' ? 'gzip' : undefined)
    const body = await buffer(response)
    assert.equal(Number(response.headers['content-length']), body.byteLength)
    const plain = encoding === 'gzip' ? gunzipSync(body) : body
    assert.equal(plain.byteLength, Number(response.headers['x-diagnostics-bytes']))
    assert.ok(JSON.parse(plain.toString()).snapshot.node_count > 1000)
    sizes[encoding] = body.byteLength
  }
  assert.ok(sizes.gzip < sizes.identity / 2)
  const without = await post(app, '?keep=1')
  assert.deepEqual(
    [without.status, ((await without.json()) as { code: string }).code],
    [404, 'no_artifacts_dir'],
  )
  await until(() => leftOvers().length === 0)

  const dir = temporaryDir(t)
  const keeping = await startRecording(t, { artifactsDir: dir, revision: 'abc' })
  const response = await post(keeping, '?keep=1')
  const { kept } = (await response.json()) as { kept: Manifest }
  assert.match(kept.name, /^worker-0-.*\.heapsnapshot\.gz$/)
  assert.deepEqual([kept.kind, kept.scope, kept.revision], ['heapsnapshot', 'heap', 'abc'])
  const file = await (await fetch(`${keeping.url}/debug/artifacts/${kept.name}`)).arrayBuffer()
  assert.equal(createHash('sha256').update(new Uint8Array(file)).digest('hex'), kept.sha256)
  assert.ok(JSON.parse(gunzipSync(file).toString()).snapshot.node_count > 1000)
  assert.deepEqual(readdirSync(dir).sort(), [kept.name, `${kept.name}.manifest.json`])
})

for (const [shape, mib, count] of [
  ['small', 40, 0],
  ['strings', 100, 0],
  ['buffers', 100, 0],
  ['records', 40, 1],
] as const) {
  const how = count === 1 ? 'its objects counted' : 'by its bytes'
  test(`what a heap of ${shape} takes to be written is predicted within 30 %, ${how}`, async (t) => {
    const app = await startScript(t, [script, shape, String(mib)])
    const dry = await post(app, `?dryRun=1&count=${count}`)
    const { predicted } = (await dry.json()) as { predicted: { peakBytes: number } }
    const pid = app.child.pid as number
    // Forgets the highest that the kernel saw: proc(5).
    writeFileSync(`/proc/${pid}/clear_refs`, '5')
    const before = kilobytes(pid, 'VmRSS')
    const response = await post(app)
    assert.equal(response.status, 200)
    await response.arrayBuffer()
    const peak = (kilobytes(pid, 'VmHWM') - before) * 1024
    // Where nearly nothing is taken, what the rest of the process does meanwhile is more than 30 % of it.
    const allowed = Math.max(0.3 * peak, 40 * MIB)
    assert.ok(
      Math.abs(predicted.peakBytes - peak) <= allowed,
      `${Math.round(predicted.peakBytes / MIB)} MiB predicted, ${Math.round(peak / MIB)} taken`,
    )
  })
}

test('a dry run says what is there and what is left; what is out of bounds or unknown is refused', async (t) => {
  const app = await startScript(t, [script, 'small', '2'])
  const { smallBytes, availableBytes } = (await (await post(app, '?dryRun=1')).json()) as {
    smallBytes: number
    availableBytes: number
  }
  assert.ok(smallBytes > 0 && availableBytes > 0)
  for (const query of ['?dryRun=2', '?count=-1', '?worker=abc', '?nothing=1']) {
    const refused = await post(app, query)
    assert.equal(refused.status, 400, `${query}: ${await refused.text()}`)
  }
  assert.equal((await post(app, '?worker=7')).status, 404)
  assert.equal((await fetch(`${app.url}/debug/heapsnapshot`)).status, 405)
})

test('a snapshot that may not fit into the memory that is left is refused with the numbers, and nothing is written', async (t) => {
  // Small objects may take thirty times what they are. The machine need not have as much as it would take, but must have this.
  const mibNeeded = Math.ceil(freemem() / 24 / MIB)
  if (mibNeeded > 2000) return t.skip(`needs a heap of ${mibNeeded} MiB to be too large for this machine`)
  const args = [`--max-old-space-size=${2 * mibNeeded + 1000}`, script, 'small', String(mibNeeded)]
  const dir = temporaryDir(t)
  const app = await startScript(t, args, { ...process.env, TMPDIR: dir })
  const dry = await (await post(app, '?dryRun=1')).json()
  const { availableBytes, predicted } = dry as {
    availableBytes: number
    predicted: { peakAtMostBytes: number }
  }
  assert.ok(predicted.peakAtMostBytes > availableBytes, JSON.stringify(dry))
  const refused = await post(app)
  const { code, message } = (await refused.json()) as { code: string; message: string }
  assert.deepEqual([refused.status, code], [507, 'insufficient_memory'])
  assert.match(message, /^it may take \d+ MiB and \d+ MiB are left/)
  assert.deepEqual(readdirSync(dir), [])
  assert.equal((await fetch(app.appUrl)).status, 200)
})

test('a caller who hangs up leaves nothing behind, and the next one is served', async (t) => {
  const { app, leftOvers } = await startHolding(t, 'small', 20)
  const leaving = new AbortController()
  const asked = post(app, '', { signal: leaving.signal })
  const answers = () =>
    fetch(app.appUrl, { signal: AbortSignal.timeout(200) }).then(
      () => true,
      () => false,
    )
  await until(async () => !(await answers()))
  leaving.abort()
  await assert.rejects(asked)
  // It writes to the end; then there is something to remove.
  await until(answers)
  await until(() => leftOvers().length === 0)
  await until(async () => {
    const response = await post(app, '?dryRun=1')
    await response.arrayBuffer()
    return response.status === 200
  })
})

test('under load in a cluster of two that drains, one worker’s heap is written and no request fails', async (t) => {
  const app = await startScript(t, [script, 'small', '20', 'cluster'])
  let stop = false
  const outcomes: string[] = []
  const load = async () => {
    // A connection each: what is kept would wait for its worker.
    const agent = new Agent({ keepAlive: false })
    while (!stop) outcomes.push(await outcomeOf(app.appUrl, agent))
  }
  t.after(() => {
    stop = true
  })
  const running = Promise.all([1, 2, 3, 4].map(load))
  await until(() => outcomes.length > 50)
  let isOver = false
  const asked = post(app, '?worker=1').finally(() => {
    isOver = true
  })
  // The others' requests go on while its heap is written: without the drain half of them would wait for it.
  await until(async () => isOver || (await isBusy(app, 1)))
  const begun = outcomes.length
  await until(() => isOver || outcomes.length > begun + 50)
  assert.ok(!isOver, 'nobody was served meanwhile')
  const response = await asked
  assert.equal(response.status, 200, response.status === 200 ? '' : await response.text())
  assert.equal(response.headers.get('x-diagnostics-worker'), '1')
  await response.arrayBuffer()
  const during = outcomes.length
  await until(() => outcomes.length > during + 50)
  stop = true
  await running
  assert.deepEqual(
    outcomes.filter((outcome) => outcome !== '200'),
    [],
  )
})

/** Its main thread has not answered for a while. */
async function isBusy({ url }: RunningApp, worker: number): Promise<boolean> {
  const response = await fetch(`${url}/debug/stacks?worker=${worker}&format=json`)
  const { workers = [] } = (await response.json()) as { workers?: { state: string }[] }
  return workers.some(({ state }) => state === 'native' || state === 'blocked')
}

function outcomeOf(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    const request = get(url, { agent }, (response) => {
      response.resume()
      response.on('end', () => resolve(String(response.statusCode)))
      response.on('error', (error) => resolve(error.message))
    })
    request.on('error', (error) => resolve(error.message))
  })
}

function kilobytes(pid: number, name: string): number {
  return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}
