/** Every kind of profile of one service, opened by the programs that people have: the Go tool, speedscope's importer, DevTools' format. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { Profile } from 'pprof-format'
import { Check, Errors } from 'typebox/schema'
import { openBrowser, provideChromium, visit } from '../page/chromium.ts'
import { devtoolsSchema } from './devtools-schema.ts'
import { has } from './programs.ts'
import { startRecording } from './recording.ts'
import { goPprof, type RunningApp, until } from './running-app.ts'

interface Kind {
  path: string
  /** A function of recording-app.ts that must be in it; none where what is in flight has no stack. */
  names: string
  inCode: boolean
  devtools: 'cpuprofile' | 'heapprofile' | null
}

const kinds: Record<string, Kind> = {
  cpu: { path: 'pprof/profile?seconds=2', names: 'burnForTheTest', inCode: true, devtools: 'cpuprofile' },
  heap: { path: 'pprof/heap', names: 'objectsOf', inCode: true, devtools: 'heapprofile' },
  difference: { path: 'pprof/heap?seconds=2', names: 'objectsOf', inCode: true, devtools: null },
  allocs: { path: 'pprof/allocs?seconds=2', names: 'objectsOf', inCode: true, devtools: 'heapprofile' },
  block: { path: 'pprof/block', names: 'burnForTheTest', inCode: true, devtools: 'cpuprofile' },
  mutex: { path: 'pprof/mutex?seconds=2', names: 'waitForTheTest', inCode: true, devtools: 'cpuprofile' },
  'in flight': { path: 'pprof/goroutine', names: 'GET /', inCode: false, devtools: null },
  continuous: { path: 'flight?seconds=60', names: 'burnForTheTest', inCode: true, devtools: 'cpuprofile' },
}

const dir = mkdtempSync(join(tmpdir(), 'diagnostics-'))
after(() => rmSync(dir, { recursive: true, force: true }))
const skip = await provideChromium()
const file = (kind: string, form = 'pb.gz') => join(dir, `${kind.replaceAll(' ', '-')}.${form}`)

/** A service in which there is something of each kind, and a file of each. */
const captured = captureAll()

async function captureAll(): Promise<RunningApp> {
  const app = await startRecording({ after }, { continuous: true })
  const pprof = async (path: string) => {
    const response = await fetch(`${app.url}/debug/${path}`)
    assert.equal(response.status, 200, path)
    return Buffer.from(await response.arrayBuffer())
  }
  // The heap is sampled from the first question on.
  await pprof('pprof/heap')
  await fetch(`${app.appUrl}/?blockMs=600`)
  await until(async () =>
    (await (await fetch(`${app.url}/debug/pprof/block?debug=1`)).text()).includes('ForTheTest'),
  )
  let busy = true
  const load = (async () => {
    while (busy)
      await fetch(`${app.appUrl}/?ms=10&keepKb=256&throwKb=256&waitMs=30`).then((answer) => answer.text())
  })()
  void fetch(`${app.appUrl}/?hangMs=600000`).catch(() => {})
  try {
    for (const [kind, { path }] of Object.entries(kinds)) {
      const bytes = await pprof(path)
      if (kind !== 'continuous') writeFileSync(file(kind), bytes)
      else writeFileSync(file(kind), execFileSync('tar', ['-xzOf', '-', 'profile.pb.gz'], { input: bytes }))
    }
  } finally {
    busy = false
    await load
  }
  return app
}

function converted(app: RunningApp, kind: string, format: string): Promise<Response> {
  const body = readFileSync(file(kind))
  return fetch(`${app.url}/debug/pprof/convert?format=${format}`, { method: 'POST', body })
}

test('go tool pprof opens every kind of profile, and names functions with TypeScript files and lines', async (t) => {
  if (!has(t, 'go')) return
  await captured
  for (const [kind, { names, inCode }] of Object.entries(kinds)) {
    const raw = await goPprof(dir, '-raw', file(kind))
    const frame = inCode ? new RegExp(`${names} .*recording-app\\.ts:[1-9]`) : new RegExp(names)
    assert.match(raw, frame, kind)
    assert.match(await goPprof(dir, '-top', file(kind)), /flat%/, kind)
  }
})

test('DevTools’ own schema accepts every kind that it has a form for, with TypeScript files and lines; a difference is refused', async () => {
  const app = await captured
  const schemas = {
    cpuprofile: await devtoolsSchema('Profiler.Profile'),
    heapprofile: await devtoolsSchema('HeapProfiler.SamplingHeapProfile'),
  }
  for (const [kind, { names, devtools }] of Object.entries(kinds)) {
    if (!devtools) continue
    const response = await converted(app, kind, devtools)
    assert.equal(response.status, 200, kind)
    const text = await response.text()
    const profile: unknown = JSON.parse(text)
    const accepted: boolean = Check(schemas[devtools], profile)
    assert.ok(
      accepted,
      `${kind}: ${JSON.stringify(accepted ? '' : Errors(schemas[devtools], profile)).slice(0, 500)}`,
    )
    assert.ok(!Check(schemas[devtools], {}), 'the schema refuses what is none')
    const frame = `"functionName":"${names}","scriptId":"0","url":"file://[^"]*recording-app\\.ts","lineNumber":\\d`
    assert.match(text, new RegExp(frame), kind)
  }
  // Nothing may have gone while it was captured: whatever came is taken away again.
  const profile = Profile.decode(gunzipSync(readFileSync(file('difference'))))
  for (const sample of profile.sample) sample.value = sample.value.map((value) => -value)
  writeFileSync(file('shrunk'), gzipSync(profile.encode()))
  for (const format of ['cpuprofile', 'heapprofile', 'html']) {
    const response = await converted(app, 'shrunk', format)
    const { code } = (await response.json()) as { code: string }
    assert.deepEqual([response.status, code], [400, 'below_zero'], format)
  }
})

test('speedscope’s importer opens every kind, in its own form and where it can in the others', {
  skip,
}, async () => {
  const app = await captured
  const browser = await openBrowser({ after })
  for (const [kind, { names, devtools }] of Object.entries(kinds)) {
    const forms = ['speedscope', ...(devtools ? [devtools] : [])]
    for (const form of forms) {
      const response = await converted(app, kind, form)
      assert.equal(response.status, 200, `${kind} ${form}`)
      const path = file(kind, form === 'speedscope' ? 'speedscope.json' : form)
      writeFileSync(path, Buffer.from(await response.arrayBuffer()))
      const { page } = await visit(browser, `${app.url}/speedscope/`, {})
      await page.setInputFiles('input[type=file]', path)
      await assertShown(page, names, `${kind} ${form}`)
      await page.close()
    }
  }
})

/** Its flame graph is drawn on a canvas; the table of functions is text. */
async function assertShown(page: Page, name: string, what: string): Promise<void> {
  // The other one never comes: the page is closed first.
  const seen = (text: string) =>
    page
      .getByText(text)
      .waitFor()
      .then(
        () => text,
        () => `no ${text}`,
      )
  assert.equal(await Promise.race([seen('Something went wrong'), seen('Sandwich')]), 'Sandwich', what)
  await page.getByText('Sandwich').click()
  await page.getByText(name, { exact: false }).first().waitFor()
}
