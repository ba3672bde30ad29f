/** The live page in a real browser, looking at a plain node:http service under a small load. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { makeArtifacts } from '../../src/diagnostics/artifacts/store.ts'
import { limits } from '../../src/diagnostics/limits.ts'
import { openBrowser, provideChromium, visit } from '../page/chromium.ts'
import { tooFaint } from '../page/contrast.ts'
import { press } from '../page/keyboard.ts'
import { drive } from './load.ts'
import { temporaryDir } from './programs.ts'
import { startRecording } from './recording.ts'
import { type RunningApp, startScript, until } from './running-app.ts'

const skip = await provideChromium()
const browser = skip ? null : await openBrowser({ after })
const script = join(import.meta.dirname, 'watched-app.ts')
const LOAD = { '/seats': 30, '/checkout': 15, '/broken': 2 }
const SECONDS = '2'

async function look(app: RunningApp, options: { path?: string; width?: number; dark?: boolean } = {}) {
  if (!browser) throw new Error('there is no browser')
  const { path = '/', ...rest } = options
  const visited = await visit(browser, `${app.url}${path}`, rest)
  await visited.page.evaluate(`globalThis.breaches = []
    document.addEventListener('securitypolicyviolation', (event) => breaches.push(event.violatedDirective + ' ' + event.blockedURI))`)
  return visited
}

const figure = (page: Page, title: string) =>
  page.locator('.figures div', { hasText: title }).locator('dd').first()

const numberIn = async (locator: Locator) => Number.parseFloat((await locator.textContent()) ?? '')

async function capture(page: Page): Promise<void> {
  const card = page.getByRole('form', { name: 'Capture profile' })
  await card.getByLabel('seconds').fill(SECONDS)
  await card.getByRole('button', { name: 'Capture profile' }).click()
  await card.getByText(/^Done\./).waitFor()
}

async function assertOwnOrigin(app: RunningApp, visited: Awaited<ReturnType<typeof look>>): Promise<void> {
  assert.deepEqual(await visited.page.evaluate('breaches'), [], 'the content policy was kept')
  const origins = new Set(visited.requested.map((url) => new URL(url).origin))
  assert.deepEqual([...origins], [app.url])
}

test('the page shows rates and quantiles that move, by route, without a request to anywhere else', {
  skip,
}, async (t) => {
  const app = await startScript(t, [script])
  drive(t, app.appUrl, LOAD)
  const visited = await look(app)
  const { page, troubles } = visited
  await until(async () => (await numberIn(figure(page, 'Requests'))) > 5, 30_000)
  const seen = new Set<string>()
  await until(async () => {
    seen.add((await figure(page, 'Requests').textContent()) ?? '')
    return seen.size >= 3
  }, 30_000)
  assert.ok((await numberIn(figure(page, 'Latency p99'))) > 0)
  assert.ok((await numberIn(figure(page, 'Heap used'))) > 0)
  await until(async () => (await numberIn(figure(page, 'Errors'))) > 0, 30_000)
  const routes = page.getByRole('region', { name: 'Routes' }).getByRole('row')
  await routes.filter({ hasText: 'GET /seats' }).waitFor()
  assert.match((await routes.filter({ hasText: 'GET /checkout' }).textContent()) ?? '', /\/s.*ms/)
  await page.getByRole('figure', { name: 'Checkouts under way' }).waitFor()
  assert.ok((await page.locator('.plot canvas').count()) >= 3)
  await page.getByText('live, every 1 s').waitFor()
  assert.deepEqual(troubles, [])
  await assertOwnOrigin(app, visited)
})

test('a page that is opened late sees the minutes before, and the process is asked no more once nobody looks', {
  skip,
}, async (t) => {
  const app = await startScript(t, [script])
  drive(t, app.appUrl, LOAD)
  const read = async (since = 0) => {
    const response = await fetch(`${app.url}/debug/live?since=${since}`)
    return (await response.json()) as { points: { atMs: number }[] }
  }
  await read()
  // One viewer keeps it going; another that comes then has all the points, and each viewer only what is new to it.
  await until(async () => (await read()).points.length >= 4)
  const { points } = await read()
  const last = points.at(-1)?.atMs ?? 0
  assert.ok((await read(last)).points.length <= 1)
  // One may be late, and the next is not.
  const most = (last - (points[0]?.atMs ?? 0)) / 1000 + 2
  assert.ok(
    points.length <= most,
    `however many look, there is one point a second: ${points.length} of ${most}`,
  )

  const looks = async () => Number(await (await fetch(`${app.appUrl}/looks`)).text())
  assert.ok((await looks()) >= 4)
  let before = { looks: 0, atMs: 0 }
  await until(async () => {
    const now = await looks()
    if (now !== before.looks) before = { looks: now, atMs: performance.now() }
    return performance.now() - before.atMs > 3000
  }, 30_000)
})

test('while the main thread is blocked the page says so, with the age of what it shows, and then goes on', {
  skip,
}, async (t) => {
  const app = await startScript(t, [script])
  drive(t, app.appUrl, { '/seats': 20 })
  const { page } = await look(app)
  await until(async () => (await numberIn(figure(page, 'Requests'))) > 2, 30_000)
  await (await fetch(`${app.appUrl}/block?ms=6000`)).text()
  const told = page.getByText(
    /^The main thread is blocked for \d+\.\d s: these are the last values, \d+\.\d s old/,
  )
  await told.waitFor()
  assert.match((await figure(page, 'Requests').textContent()) ?? '', /\d\/s/, 'the last values stay')
  const age = async () => Number(/([\d.]+) s old/.exec((await told.textContent()) ?? '')?.[1])
  const first = await age()
  await until(async () => (await age()) > first)
  await told.waitFor({ state: 'hidden' })
  await page.getByText('live, every 1 s').waitFor()
})

test('a capture counts down and becomes a flame graph in the page, in speedscope, and a table of functions', {
  skip,
}, async (t) => {
  const app = await startScript(t, [script])
  drive(t, app.appUrl, LOAD)
  const visited = await look(app, { path: '/#profile' })
  const { page, troubles } = visited
  await page.getByText('Cost: 200 samples a second while it runs').waitFor()
  const card = page.getByRole('form', { name: 'Capture profile' })
  // Long enough for each route to be seen, however little of the machine there is for it.
  const seconds = '6'
  await card.getByLabel('seconds').fill(seconds)
  await card.getByRole('button', { name: 'Capture profile' }).click()
  await card.getByText(/^\d s left$/).waitFor()
  await page.locator('.flame .box', { hasText: 'sumPrices' }).first().waitFor()
  await page.getByRole('tab', { name: 'Functions' }).click()
  const functions = page.getByRole('region', { name: 'Functions' })
  await functions
    .getByRole('row', { name: /watched-app\.ts:\d+/ })
    .first()
    .waitFor()
  await page.getByRole('combobox', { name: 'Route' }).selectOption('/seats')
  await page.getByRole('tab', { name: 'Functions' }).click()
  await functions.getByRole('cell', { name: 'findSeats' }).waitFor()
  assert.equal(await functions.getByRole('cell', { name: 'sumPrices' }).count(), 0)

  await page.getByRole('tab', { name: 'Take away' }).click()
  await page.getByText(`go tool pprof ${app.url}/debug/pprof/profile?seconds=${seconds}`).waitFor()
  const downloaded = page.waitForEvent('download')
  await page.getByRole('button', { name: 'cpuprofile' }).click()
  assert.equal((await downloaded).suggestedFilename(), 'profile.cpuprofile')

  await page.getByRole('tab', { name: 'speedscope' }).click()
  const frame = page.frameLocator('iframe')
  await frame.locator('canvas').first().waitFor()
  await frame.getByText('Left Heavy').waitFor()
  assert.deepEqual(troubles, [])
  await assertOwnOrigin(app, visited)
})

test('a flame graph is walked through by the arrow keys, zoomed by Enter and left by Escape', {
  skip,
}, async (t) => {
  const app = await startScript(t, [script])
  drive(t, app.appUrl, LOAD)
  const { page } = await look(app, { path: '/#profile' })
  await capture(page)
  const graph = page.getByRole('group', { name: /^Flame graph/ })
  await press(page, graph.getByRole('button', { name: /^all · / }))
  await page.keyboard.press('ArrowDown')
  const focused = () => page.evaluate('document.activeElement.getAttribute("aria-label")') as Promise<string>
  const name = await focused()
  assert.doesNotMatch(name, /^all/)
  await page.keyboard.press('Enter')
  assert.equal(await focused(), name)
  assert.equal(await page.evaluate('document.activeElement.style.width'), '100%')
  await page.keyboard.press('Escape')
  assert.match(await focused(), /^all/)
})

test('a capture that is cancelled ends in the service too, and the next one can begin', {
  skip,
}, async (t) => {
  const app = await startScript(t, [script])
  const { page } = await look(app, { path: '/#profile' })
  const card = page.getByRole('form', { name: 'Capture profile' })
  await card.getByLabel('seconds').fill('120')
  await card.getByRole('button', { name: 'Capture profile' }).click()
  await card.getByText(/s left$/).waitFor()
  await card.getByRole('button', { name: 'Cancel' }).click()
  await card.getByText('Cancelled.').waitFor()
  await until(async () => /outcome="cancelled"} 1/.test(await (await fetch(`${app.url}/metrics`)).text()))
  await capture(page)
})

test('two captures are compared, and the function that became dear is the first one named', {
  skip,
}, async (t) => {
  const app = await startScript(t, [script])
  drive(t, app.appUrl, LOAD)
  const { page } = await look(app, { path: '/#profile' })
  await capture(page)
  await (await fetch(`${app.appUrl}/pricing?fees=1`)).text()
  await page
    .getByRole('form', { name: 'Capture profile' })
    .getByRole('button', { name: /^Capture/ })
    .click()
  await page.getByRole('button', { name: /^2\. profile/ }).waitFor()
  await page.getByRole('button', { name: 'Compare' }).click()
  const first = page.getByRole('region', { name: 'Changes' }).getByRole('row').nth(1)
  assert.match((await first.textContent()) ?? '', /^\+\d+\.\d.*addFees/)
  await page.getByRole('tablist', { name: 'Comparison' }).getByRole('tab', { name: 'Flame graph' }).click()
  await page.locator('.flame .more-3', { hasText: 'addFees' }).first().waitFor()
})

test('two artifacts that were kept are opened in the page and compared', { skip }, async (t) => {
  const artifactsDir = temporaryDir(t)
  const app = await startRecording(t, { continuous: true, artifactsDir })
  const store = makeArtifacts({ dir: artifactsDir, bounds: limits.artifacts })
  const keep = async (name: string) => {
    const archive = await (await fetch(`${app.url}/debug/flight?seconds=1`)).bytes()
    await store.put({ name, kind: 'flight', trigger: 'request' }, archive)
  }
  // Work of several functions: of an idle process one line would become less by as much as what is burned becomes more.
  for (let index = 0; index < 8; index++) await fetch(`${app.appUrl}/?throwKb=100000`)
  await keep('before.tar.gz')
  await fetch(`${app.appUrl}/?ms=1500`)
  await keep('after.tar.gz')

  const { page, troubles } = await look(app, { path: '/#kept' })
  for (const [number, name] of ['before.tar.gz', 'after.tar.gz'].entries()) {
    await page.getByRole('button', { name: `Open ${name}` }).click()
    await page.getByRole('button', { name: new RegExp(`^${number + 1}\\. `) }).waitFor()
    if (number === 0) await page.getByRole('link', { name: 'Rules and artifacts' }).click()
  }
  await page.getByRole('button', { name: 'Compare' }).click()
  const first = page.getByRole('region', { name: 'Changes' }).getByRole('row').nth(1)
  assert.match((await first.textContent()) ?? '', /^\+\d+\.\d.*burnForTheTest/)
  assert.deepEqual(troubles, [])
})

test('where a token is demanded the page asks for it once and keeps it in the tab; a wrong one is said to be wrong', {
  skip,
}, async (t) => {
  const token = 'a-token-for-the-page'
  const app = await startScript(t, [script, token])
  drive(t, app.appUrl, LOAD)
  const { page } = await look(app)
  const input = page.getByRole('dialog', { name: 'A token is needed' }).getByLabel('Token')
  await input.fill('a-token-that-is-wrong')
  await page.keyboard.press('Enter')
  await page.getByText('That token is not known here.').waitFor()
  await input.fill(token)
  await page.keyboard.press('Enter')
  await until(async () => (await numberIn(figure(page, 'Requests'))) > 2, 30_000)
  await page.reload()
  await until(async () => (await numberIn(figure(page, 'Requests'))) > 2, 30_000)
  assert.equal(await page.getByRole('dialog').count(), 0)
  assert.deepEqual(await page.evaluate('[localStorage.length, document.cookie]'), [0, ''])
  await page.getByRole('link', { name: 'Profile' }).click()
  await capture(page)
  await page.locator('.flame .box').first().waitFor()
})

test('with the browser’s own basic authorization /ui needs no dialog', { skip }, async (t) => {
  const token = 'a-token-for-the-page'
  const app = await startScript(t, [script, token])
  assert.equal((await fetch(`${app.url}/ui`)).status, 401)
  if (!browser) throw new Error('there is no browser')
  const context = await browser.newContext({ httpCredentials: { username: 'x', password: token } })
  t.after(() => context.close())
  const page = await context.newPage()
  await page.goto(`${app.url}/ui`)
  await page.getByText('live, every 1 s').waitFor()
  assert.equal(await page.getByRole('dialog').count(), 0)
})

test('it fits into 390 pixels and is readable in light and dark, in every view; what is not here is said', {
  skip,
}, async (t) => {
  const app = await startScript(t, [script])
  drive(t, app.appUrl, LOAD)
  for (const dark of [false, true]) {
    const { page } = await look(app, { width: 390, dark })
    await until(async () => (await numberIn(figure(page, 'Requests'))) > 2, 30_000)
    for (const [link, text] of [
      ['Live', 'Routes'],
      ['Profile', 'Where CPU and wall time went'],
      ['In flight', 'Stacks now'],
      ['Rules and artifacts', 'Artifacts'],
    ] as const) {
      await page.getByRole('link', { name: link, exact: true }).click()
      await page.getByText(text).first().waitFor()
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390, link)
      assert.deepEqual(await page.evaluate(tooFaint), [], `${link}, ${dark ? 'dark' : 'light'}`)
    }
  }
})

test('the log level is changed from the page', { skip }, async (t) => {
  const app = await startScript(t, [script])
  const { page } = await look(app, { path: '/#now' })
  await page.getByRole('combobox', { name: 'Level' }).selectOption('debug')
  await page.getByRole('button', { name: 'Change it' }).click()
  await page.getByText('It was info and is debug now').waitFor()
})

test('a profile as one HTML file opens from disk, without a network', { skip }, async (t) => {
  const app = await startScript(t, [script])
  drive(t, app.appUrl, LOAD)
  const { writeFileSync } = await import('node:fs')
  const { temporaryDir } = await import('./programs.ts')
  const response = await fetch(`${app.url}/debug/pprof/profile?seconds=${SECONDS}&format=html`)
  assert.match(String(response.headers.get('content-disposition')), /profile\.html/)
  const path = join(temporaryDir(t), 'profile.html')
  writeFileSync(path, await response.text())
  if (!browser) throw new Error('there is no browser')
  const { page, troubles, requested } = await visit(browser, `file://${path}`)
  await page
    .getByRole('group', { name: /^Flame graph/ })
    .getByRole('button', { name: /^all · / })
    .waitFor()
  await page
    .getByRole('cell', { name: /watched-app\.ts:\d+/ })
    .first()
    .waitFor()
  assert.deepEqual(troubles, [])
  assert.deepEqual(requested, [`file://${path}`])
})
