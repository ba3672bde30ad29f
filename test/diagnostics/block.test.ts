import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BlockRecord } from '../../src/diagnostics/beside/block-record.ts'
import { askApp, blocksOf, startBlocking } from './blocks.ts'
import { has, temporaryDir } from './programs.ts'
import { goPprof, type RunningApp, until } from './running-app.ts'

/** Those that the test made: the start of a process may be one, too. */
async function made(app: RunningApp, count = 1): Promise<BlockRecord[]> {
  const known = (await blocksOf(app)).get(0) ?? []
  const blocks = known.filter(({ stacks }) =>
    stacks.some(({ frames }) => frames.some(({ file }) => file.endsWith('/blocking-app.ts'))),
  )
  return blocks.length >= count ? blocks : []
}

for (const [way, caller] of [
  ['loop', 'namedLoop'],
  ['promise', 'afterAwait'],
  ['timer', 'namedLoop'],
] as const) {
  test(`a block by a busy ${way} leaves a record with the function and its caller`, async (t) => {
    const app = await startBlocking(t, 'single')
    await askApp(app, `/?way=${way}&forMs=300`)
    await until(async () => (await made(app)).length > 0)
    const [block] = await made(app)
    assert.ok(block)
    assert.equal(block.kind, 'javascript')
    assert.match(String(block.function), /^(burn|usedMicros)$/)
    assert.match(String(block.file), /\/blocking-app\.ts$/)
    assert.ok(block.durationMs >= 290, `${block.durationMs}`)
    assert.ok(block.stacks.some(({ frames }) => frames.some(({ name }) => name === caller)))
  })
}

test('a block by a synchronous child process is native, as long as the child, and names who called it', async (t) => {
  const app = await startBlocking(t, 'single')
  await askApp(app, '/?way=child&forMs=700')
  await until(async () => (await made(app)).length > 0)
  const [block] = await made(app)
  assert.equal(block?.kind, 'native')
  assert.equal(block.function, 'runChild')
  assert.ok(block.durationMs >= 690, `${block.durationMs}`)
})

test('a block by a password hash is native, and names who called it', async (t) => {
  const app = await startBlocking(t, 'single')
  await askApp(app, '/?way=hash&forMs=800')
  await until(async () => (await made(app)).length > 0)
  const [block] = await made(app)
  assert.equal(block?.kind, 'native')
  assert.equal(block.function, 'hashAll')
})

test('ten blocks in a row are ten records, and are counted in the metrics', async (t) => {
  const app = await startBlocking(t, 'single')
  await askApp(app, '/?way=ten&forMs=250')
  await until(async () => (await made(app, 10)).length > 0, 30_000)
  const blocks = await made(app, 10)
  assert.equal(blocks.length, 10)
  for (const block of blocks) assert.equal(block.kind, 'javascript')
  const page = await (await fetch(`${app.url}/metrics`)).text()
  const value = (series: string) =>
    Number(new RegExp(`^${series}\\{kind="javascript"\\} (.*)$`, 'm').exec(page)?.[1])
  assert.ok(value('diagnostics_blocks_total') >= 10)
  assert.ok(value('diagnostics_blocked_seconds_total') >= 2.5)
})

test('a process that was stopped for a while was not blocked by its JavaScript', async (t) => {
  const app = await startBlocking(t, 'single')
  const stoppedMs = Date.now()
  app.child.kill('SIGSTOP')
  await new Promise((resolve) => setTimeout(resolve, 1500))
  app.child.kill('SIGCONT')
  // Its start may have been a block, too, that is told as late.
  const ofStop = async () =>
    (await blocksOf(app))
      .get(0)
      ?.find(({ startedMs, durationMs }) => startedMs + durationMs > stoppedMs + 1400)
  await until(async () => (await ofStop()) !== undefined)
  const block = await ofStop()
  assert.equal(block?.kind, 'starved', JSON.stringify(block))
  assert.ok(block.lostMs > 1000, `${block.lostMs}`)
})

test('both workers of a cluster are watched, also while both are blocked', async (t) => {
  const app = await startBlocking(t, 'cluster')
  await until(async () => [...(await blocksOf(app)).keys()].join() === '0,1,2')
  await askApp(app, '/?way=loop&forMs=400&workers=1')
  const inLoop = (blocks: readonly BlockRecord[] = []) =>
    blocks.some(({ stacks }) => stacks.some(({ frames }) => frames.some(({ name }) => name === 'namedLoop')))
  await until(async () => {
    const blocks = await blocksOf(app)
    return inLoop(blocks.get(1)) && inLoop(blocks.get(2))
  })
  assert.ok(!inLoop((await blocksOf(app)).get(0)))
})

test('go tool pprof reads where the event loop was blocked, and a watched time holds only its own blocks', async (t) => {
  if (!has(t, 'go')) return
  const app = await startBlocking(t, 'single')
  await askApp(app, '/?way=loop&forMs=300')
  await until(async () => (await made(app)).length > 0)
  const address = `http://localhost:${app.diagnosticsPort}/debug/pprof/block`
  const top = await goPprof(temporaryDir(t), '-top', '-cum', address)
  assert.match(top, /^Type: delay$/m)
  assert.match(top, /namedLoop$/m)
  const watched = fetch(`${app.url}/debug/pprof/block?seconds=2&format=folded`)
  await askApp(app, '/?way=promise&forMs=300')
  const folded = await (await watched).text()
  assert.match(folded, /afterAwait.*burn/)
  assert.doesNotMatch(folded, /namedLoop/)
  const text = await (await fetch(`${app.url}/debug/pprof/block?debug=1`)).text()
  assert.match(text, /ms javascript/)
  assert.match(text, /at namedLoop \(.*blocking-app\.ts:\d+:\d+\)/)
})
