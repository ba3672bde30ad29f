import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { Profile } from 'pprof-format'
import { stacksOf } from '../../src/diagnostics/formats/stacks.ts'
import { has, temporaryDir } from './programs.ts'
import { goPprof, startApp, until } from './running-app.ts'

test('go tool pprof opens the CPU profile of a bare node:http app by its address', async (t) => {
  if (!has(t, 'go')) return
  const app = await startApp(t, 'single')
  const dir = temporaryDir(t)
  const address = `http://localhost:${app.diagnosticsPort}/debug/pprof/profile?seconds=2`
  const top = await goPprof(dir, '-top', address)
  assert.match(top, /^Type: cpu$/m)
  assert.match(top, /spin$/m)

  const [saved = ''] = readdirSync(dir)
  const raw = await goPprof(dir, '-raw', join(dir, saved))
  assert.match(raw, /^sample\/count wall\/nanoseconds cpu\/nanoseconds$/m)
  assert.match(raw, /burnHeavy .*test\/diagnostics\/bare-app\.ts:\d+/)
  assert.match(raw, /route:\[\/heavy\] worker:\[0\]/)
})

test('labels survive await: a split of 70 to 30 between two interleaved routes is told apart', async (t) => {
  const app = await startApp(t, 'single')
  const cpu = new Map<string, number>()
  let samples = 0
  // As many as the three points need, however little of the machine there is for it.
  for (let captures = 0; samples < 2500 && captures < 10; captures++) {
    const response = await fetch(`${app.url}/debug/pprof/profile?seconds=5`)
    const profile = Profile.decode(gunzipSync(new Uint8Array(await response.arrayBuffer())))
    const spinning = (type: string) =>
      stacksOf(profile, type).stacks.filter(({ frames }) => frames.some(({ name }) => name === 'spin'))
    for (const { value } of spinning('sample')) samples += value
    for (const { frames, labels, value } of spinning('cpu')) {
      const route = labels.route ?? 'none'
      cpu.set(route, (cpu.get(route) ?? 0) + value)
      const burner = frames.find(({ name }) => name.startsWith('burn') && name !== 'burn')?.name
      // What was under way when the sampler started has no label yet; how little it may be is said below.
      if (burner && route !== 'none') assert.equal(burner, route === '/heavy' ? 'burnHeavy' : 'burnLight')
    }
  }
  const [heavy = 0, light = 0] = [cpu.get('/heavy'), cpu.get('/light')]
  const share = heavy / (heavy + light)
  assert.ok(Math.abs(share - 0.7) <= 0.03, `the heavy route has ${share}`)
  assert.ok((cpu.get('none') ?? 0) < 0.05 * (heavy + light))
})

test('a capture states what it cost, and leaves a line in the audit log', async (t) => {
  const app = await startApp(t, 'single')
  const response = await fetch(`${app.url}/debug/pprof/profile?seconds=1`)
  const bytes = (await response.arrayBuffer()).byteLength
  for (const name of ['stall-ms', 'cpu-ms', 'peak-bytes', 'duration-ms'])
    assert.match(response.headers.get(`x-diagnostics-${name}`) ?? '', /^\d+(\.\d)?$/, name)
  const audit = () => app.lines.find(({ log }) => log === 'diagnostics capture')
  await until(audit)
  const line = audit()
  assert.ok(line)
  const { seconds, params, ...rest } = line
  assert.ok(Number(seconds) >= 1)
  assert.deepEqual(params, { seconds: 1, format: 'pprof', type: 'cpu' })
  assert.deepEqual(rest, {
    log: 'diagnostics capture',
    capture: 'profile',
    scope: 'heap',
    remoteAddress: '127.0.0.1',
    outcome: 'done',
    bytes,
  })
})
