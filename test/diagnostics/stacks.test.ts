import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MainThread } from '../../src/diagnostics/captures/stacks.ts'
import { askApp, blocksOf, startBlocking } from './blocks.ts'
import { type RunningApp, until } from './running-app.ts'

async function stacksOf({ url }: RunningApp, query = ''): Promise<(MainThread & { worker: number })[]> {
  const response = await fetch(`${url}/debug/stacks?format=json${query}`)
  assert.equal(response.status, 200)
  return ((await response.json()) as { workers: (MainThread & { worker: number })[] }).workers
}

const names = (seen: MainThread | undefined) => seen?.frames.map(({ name }) => name) ?? []

test('the stack of a main thread that is blocked for 5 s is had again and again, and the process goes on', async (t) => {
  const app = await startBlocking(t, 'single')
  await askApp(app, '/?way=loop&forMs=5000')
  await until(async () => (await stacksOf(app))[0]?.state === 'blocked')
  const seen: string[] = []
  const inApp: boolean[] = []
  for (;;) {
    const [now] = await stacksOf(app)
    if (now?.state !== 'blocked') break
    seen.push(names(now).join())
    inApp.push(now.frames.some(({ file }) => file.endsWith('/blocking-app.ts')))
  }
  // A few may come as the turn begins, or as it ends. When the loop has returned already, nothing of the application is on the stack.
  const isInLoop = (stack: string) => /\bnamedLoop\b/.test(stack)
  const [first, last] = [seen.findIndex(isInLoop), seen.findLastIndex(isInLoop)]
  const late = inApp.slice(last + 1).filter(Boolean).length
  assert.ok(first >= 0 && first <= 3 && late <= 3, `${first}, ${late} behind ${last} of ${seen.length}`)
  const inTheMiddle = seen.slice(first, last + 1)
  assert.ok(inTheMiddle.length > 10, `${inTheMiddle.length}`)
  for (const stack of inTheMiddle) assert.match(stack, /\bnamedLoop\b/)
  await askApp(app, '/')
  await until(async () => (await stacksOf(app))[0]?.state === 'idle')
})

test('an idle main thread is said to be idle', async (t) => {
  const app = await startBlocking(t, 'single')
  await until(async () => (await stacksOf(app))[0]?.state === 'idle')
  assert.match(await (await fetch(`${app.url}/debug/stacks`)).text(), /^worker 0, pid \d+: idle$/m)
})

test('a main thread in native code is said to be there, within the deadline', async (t) => {
  const app = await startBlocking(t, 'single')
  await askApp(app, '/?way=child&forMs=2500')
  await until(async () => (await stacksOf(app))[0]?.state === 'native')
  const text = await (await fetch(`${app.url}/debug/stacks`)).text()
  assert.match(text, /in native code, or without a CPU; no turn of the event loop for \d+ ms/)
  await until(async () => (await stacksOf(app))[0]?.state === 'idle')
})

test('the text names functions, files and lines', async (t) => {
  const app = await startBlocking(t, 'single')
  await askApp(app, '/?way=loop&forMs=2000')
  await until(async () =>
    /blocked for \d+ ms in (burn|usedMicros)\n(.*\n)*.* at namedLoop \(\/.*\/blocking-app\.ts:\d+:\d+\)/.test(
      await (await fetch(`${app.url}/debug/stacks`)).text(),
    ),
  )
})

test('both workers of a cluster that are blocked at a time have their stacks, and ?worker= picks one', async (t) => {
  const app = await startBlocking(t, 'cluster')
  await until(async () => [...(await blocksOf(app)).keys()].join() === '0,1,2')
  await askApp(app, '/?way=loop&forMs=2500&workers=1')
  await until(async () => {
    const seen = await stacksOf(app)
    return [1, 2].every((worker) => names(seen.find((one) => one.worker === worker)).includes('namedLoop'))
  })
  assert.deepEqual(
    (await stacksOf(app, '&worker=2')).map(({ worker }) => worker),
    [2],
  )
})

test("an application's own way of writing stacks is neither used nor changed", async (t) => {
  const app = await startBlocking(t, 'single')
  await askApp(app, '/?way=ownErrors&forMs=1500')
  await until(async () => names((await stacksOf(app))[0]).includes('withOwnErrors'))
})
