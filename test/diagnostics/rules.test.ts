import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { Profile } from 'pprof-format'
import type { BlockRecord } from '../../src/diagnostics/beside/block-record.ts'
import { stacksOf } from '../../src/diagnostics/formats/stacks.ts'
import { budgetLeft, initialState, step } from '../../src/diagnostics/rules/machine.ts'
import { checkRules, type Rule } from '../../src/diagnostics/rules/rule.ts'
import { heapSlope } from '../../src/diagnostics/rules/value.ts'
import { ask } from './ask.ts'
import { temporaryDir } from './programs.ts'
import { startRecording } from './recording.ts'
import { type RunningApp, until } from './running-app.ts'

const rule: Rule = {
  name: 'busy',
  metric: 'route_p99_ms',
  above: 100,
  forSeconds: 1,
  coolDownSeconds: 3600,
  maxPerHour: 1,
  watch: 'nothing',
}

/** Nothing that is not slow on purpose is as slow as that, on a busy machine either. */
const verySlow: Rule = { ...rule, name: 'very-slow', above: 3000, forSeconds: 0 }

/** An artifact of the rule above, a minute after something was burned. The other tests go on meanwhile. */
const minuteKept = keepMinute()

async function keepMinute() {
  const dir = temporaryDir({ after })
  const app = await startRecording({ after }, { continuous: true, artifactsDir: dir, rules: [verySlow] })
  for (let index = 0; index < 20; index++) await fetch(`${app.appUrl}/?ms=50`)
  const earlyMs = Date.now()
  await until(() => Date.now() > earlyMs + 50_000, 60_000)
  const slowMs = Date.now()
  await fetch(`${app.appUrl}/?ms=5000`)
  const artifacts = async () =>
    (await ask(app.diagnosticsPort, '/debug/artifacts')).json.artifacts as { name: string }[]
  await until(async () => (await artifacts()).length > 0)
  const [kept] = await artifacts()
  return { path: join(dir, kept?.name ?? ''), earlyMs, slowMs }
}

interface Described {
  state: string
  budgetLeft: number
  withheld: number
  lastValue: { value: number } | null
  last: { artifact: string | null; verdict: string } | null
}

async function described({ diagnosticsPort }: RunningApp): Promise<Described> {
  const { json } = await ask(diagnosticsPort, '/debug/rules')
  const [first] = json.rules as Described[]
  assert.ok(first)
  return first
}

/** Busy requests, one after the other, until it holds. */
async function busyUntil(app: RunningApp, holds: (rule: Described) => boolean): Promise<Described> {
  await until(async () => {
    await fetch(`${app.appUrl}/?ms=200`)
    return holds(await described(app))
  }, 30_000)
  return described(app)
}

test('a rule that fires keeps the minute before and says who was busy; its budget survives a restart', async (t) => {
  const artifactsDir = temporaryDir(t)
  const options = { continuous: true, artifactsDir, rules: [rule], revision: 'abc1234' }
  const app = await startRecording(t, options)
  assert.equal((await described(app)).state, 'armed')
  const { last, state, budgetLeft } = await busyUntil(app, (one) => Boolean(one.last?.artifact))
  assert.deepEqual([state, budgetLeft], ['cooling', 0])
  const line = readFileSync(join(import.meta.dirname, 'recording-app.ts'), 'utf8')
    .split('\n')
    .findIndex((text) => text.startsWith('function burnForTheTest'))
  assert.match(
    last?.verdict ?? '',
    new RegExp(
      `^route_p99_ms of worker 0 was \\d+ \\(/busy\\), above 100 for 1 s; burnForTheTest \\(.*recording-app.ts:${line + 1}\\) took \\d+ % of the CPU by itself, and /busy was the top route with \\d+ %\\.$`,
    ),
  )
  const artifacts = (await ask(app.diagnosticsPort, '/debug/artifacts')).json.artifacts as object[]
  assert.equal(artifacts.length, 1)
  const [kept] = artifacts as Record<string, unknown>[]
  assert.deepEqual(
    [kept?.kind, kept?.trigger, kept?.verdict, kept?.revision, kept?.samplingHertz],
    ['flight', 'busy', last?.verdict, 'abc1234', 50],
  )
  const listed = execFileSync('tar', ['-tzf', join(artifactsDir, last?.artifact ?? '')], { encoding: 'utf8' })
  for (const file of ['manifest.json', 'profile.pb.gz', 'samples.json', 'requests.json', 'windows/'])
    assert.ok(listed.includes(file), file)

  app.child.kill('SIGKILL')
  const again = await startRecording(t, { ...options, rules: [{ ...rule, coolDownSeconds: 0 }] })
  await until(async () => (await described(again)).last?.artifact === last?.artifact)
  const { withheld } = await busyUntil(again, (one) => one.withheld > 0)
  assert.equal(withheld, 1)
  assert.equal(((await ask(again.diagnosticsPort, '/debug/artifacts')).json.artifacts as object[]).length, 1)
})

test('a block fires while it lasts, and its artifact is completed when the process is back', async (t) => {
  const delay: Rule = { ...rule, name: 'delay', metric: 'loop_delay_p99_ms', above: 1000, forSeconds: 0 }
  const artifactsDir = temporaryDir(t)
  const app = await startRecording(t, { continuous: true, artifactsDir, rules: [delay] })
  await until(async () => (await described(app)).lastValue !== null)
  await fetch(`${app.appUrl}/?blockMs=8000`)
  await until(async () => Boolean((await described(app)).last?.artifact))
  const early = (await described(app)).last
  assert.match(early?.verdict ?? '', /the running window is missing/)
  assert.equal((await ask(app.diagnosticsPort, '/health')).status, 503)
  await until(async () => /burnForTheTest/.test((await described(app)).last?.verdict ?? ''), 30_000)
  const { last } = await described(app)
  assert.equal(last?.artifact, early?.artifact)
  assert.doesNotMatch(last?.verdict ?? '', /missing/)
  const path = join(artifactsDir, last?.artifact ?? '')
  const [block] = JSON.parse(inArchive(path, 'blocks.json').toString()) as BlockRecord[]
  assert.ok(block && block.durationMs > 1000, `${block?.durationMs}`)
  assert.ok(namesIn(inArchive(path, 'block.pb.gz'), 'delay').has('burnForTheTest'))
})

function inArchive(path: string, file: string): Buffer {
  return execFileSync('tar', ['-xzOf', path, file], { maxBuffer: 64 * 1024 * 1024 })
}

/** The functions of a profile that have values of this type. */
function namesIn(profile: Buffer, type: string): Set<string> {
  const { stacks } = stacksOf(Profile.decode(gunzipSync(profile)), type)
  return new Set(stacks.flatMap(({ frames }) => frames.map(({ name }) => name)))
}

/** Of a rule over a gauge: what it is watched for, what the app does meanwhile, and what must be said of it. */
const watched: [NonNullable<Rule['watch']>, string, RegExp, [file: string, type: string, name: string]][] = [
  [
    'heap',
    'keepKb=512',
    / MiB stayed that objectsOf \(.*recording-app\.ts:\d+\) had allocated\.$/,
    ['heap-difference.pb.gz', 'inuse_space', 'objectsOf'],
  ],
  [
    'allocations',
    'throwKb=2048',
    / MiB were allocated, \d+ % of them by objectsOf \(.*recording-app\.ts:\d+\)\.$/,
    ['allocs.pb.gz', 'alloc_objects', 'objectsOf'],
  ],
  [
    'waits',
    'waitMs=50',
    / more a pool was waited for \d+ times, \d+ ms at most, most of it by .*\(.*recording-app\.ts:\d+\)\.$/,
    ['mutex.pb.gz', 'delay', 'waitForTheTest'],
  ],
  [
    'resources',
    'timers=500',
    / resources are open, \d+ of them Timeout\./,
    ['heap.pb.gz', 'inuse_space', '(external)'],
  ],
]

for (const [watch, query, said, [file, type, name]] of watched) {
  test(`a rule that watches ${watch} goes on looking, and its artifact says the same`, async (t) => {
    const deep: Rule = { ...rule, name: 'deep', metric: 'app_depth', above: 5, forSeconds: 0, watch }
    const artifactsDir = temporaryDir(t)
    const app = await startRecording(t, { continuous: true, artifactsDir, rules: [deep] })
    const meanwhile = async () => {
      await fetch(`${app.appUrl}/?${query}`)
      return said.test((await described(app)).last?.verdict ?? '')
    }
    await until(meanwhile, 30_000)
    const { last } = await described(app)
    const [kept] = (await ask(app.diagnosticsPort, '/debug/artifacts')).json.artifacts as {
      verdict: string
    }[]
    assert.equal(kept?.verdict, last?.verdict)
    const names = namesIn(inArchive(join(artifactsDir, last?.artifact ?? ''), file), type)
    assert.ok(names.has(name), [...names].join())
  })
}

/** Fires when a request is slow, and not before. */
const slow: Rule = { ...rule, name: 'slow', forSeconds: 0, watch: 'allocations' }

test('a rule does not take the heap sampler from a capture that somebody asked for, and says so', async (t) => {
  const app = await startRecording(t, { continuous: true, artifactsDir: temporaryDir(t), rules: [slow] })
  await fetch(`${app.url}/debug/pprof/heap`)
  await fetch(`${app.appUrl}/?keepKb=65536`)
  const asked = fetch(`${app.url}/debug/pprof/heap?seconds=20&gc=1`)
  const head = { method: 'HEAD' }
  await until(async () => (await ask(app.diagnosticsPort, '/debug/pprof/heap', head)).status === 429)
  const { last } = await busyUntil(app, (one) => / looked at /.test(one.last?.verdict ?? ''))
  assert.match(
    last?.verdict ?? '',
    /\. Nobody looked at what is allocated: the heap sampler is measuring a difference just now\.$/,
  )
  const difference = Profile.decode(gunzipSync(new Uint8Array(await (await asked).arrayBuffer())))
  const kept = stacksOf(difference, 'inuse_space')
    .stacks.filter(({ frames }) => frames.some(({ name }) => name === 'objectsOf'))
    .reduce((sum, { value }) => sum + value, 0)
  assert.ok(kept > -1024 * 1024, `${kept} bytes of what is kept are said to be gone`)
})

test('what somebody asks for while a rule measures allocations is refused, and the rule goes on', async (t) => {
  const app = await startRecording(t, { continuous: true, artifactsDir: temporaryDir(t), rules: [slow] })
  const codeOf = async (path: string) => (await ask(app.diagnosticsPort, path)).json.code
  await busyUntil(app, (one) => one.state === 'cooling')
  await until(async () => (await codeOf('/debug/pprof/heap')) === 'heap_sampler_in_use')
  assert.equal(await codeOf('/debug/pprof/allocs?seconds=1'), 'heap_sampler_in_use')
  await until(async () => {
    await fetch(`${app.appUrl}/?throwKb=1024`)
    return / MiB were allocated/.test((await described(app)).last?.verdict ?? '')
  }, 30_000)
})

test('what the service says of its number is part of the verdict', async (t) => {
  const deep: Rule = { ...rule, name: 'deep', metric: 'app_depth', above: 5, forSeconds: 0 }
  const app = await startRecording(t, { continuous: true, artifactsDir: temporaryDir(t), rules: [deep] })
  await until(async () => / It is seven deep\.$/.test((await described(app)).last?.verdict ?? ''), 30_000)
})

test('where nothing can be kept a rule that fires says so, and the service goes on', async (t) => {
  const artifactsDir = join(import.meta.filename, 'below')
  const app = await startRecording(t, { continuous: true, artifactsDir, rules: [{ ...rule, forSeconds: 0 }] })
  const { last } = await busyUntil(app, (one) => one.last !== null)
  assert.equal(last?.artifact, null)
  assert.match(last?.verdict ?? '', /nothing was kept: .*ENOTDIR/)
})

test('a service with a directory has rules of its own; without recording there are none', async (t) => {
  const app = await startRecording(t, { continuous: true, artifactsDir: temporaryDir(t) })
  const { json } = await ask(app.diagnosticsPort, '/debug/rules')
  const names = (json.rules as { name: string }[]).map(({ name }) => name)
  assert.deepEqual(names, ['cpu', 'loop-delay', 'memory', 'heap-growth', 'heap-burst', 'slow-route'])
  const without = await startRecording(t, {})
  assert.equal((await ask(without.diagnosticsPort, '/debug/rules')).json.code, 'not_recording')
})

test('a rule fires once until the value has fallen and the cool-down is over', () => {
  const watched = { ...rule, above: 0.5, forSeconds: 2, rearmBelow: 0.3, coolDownSeconds: 10, maxPerHour: 3 }
  const state = initialState(0)
  const fired = (values: (number | null)[], fromSecond: number) =>
    values.flatMap((value, index) =>
      step(watched, state, value, (fromSecond + index) * 1000) ? [fromSecond + index] : [],
    )
  assert.deepEqual(fired([0.9, 0.9, 0.2, 0.9, 0.9], 0), [])
  assert.deepEqual(fired([0.9, 0.9], 5), [5])
  // High for longer than the cool-down, then between the bounds: not armed again.
  assert.deepEqual(fired(Array(20).fill(0.9), 7), [])
  assert.deepEqual(fired(Array(5).fill(0.4), 27), [])
  assert.deepEqual(fired([0.9, 0.9, 0.9], 32), [])
  assert.deepEqual(fired([0.2, 0.9, 0.9, 0.9], 40), [43])
  assert.deepEqual(fired([null, 0.9, 0.9, 0.9], 60), [63])
  assert.equal(budgetLeft(watched, state, 64_000), 0)
  assert.deepEqual(fired([0.1, 0.9, 0.9, 0.9], 80), [])
  assert.equal(state.withheld, 1)
  // The first of the three is an hour old.
  assert.equal(budgetLeft(watched, state, 3_606_000), 1)
})

test('rules that make no sense stop the start with the reason', () => {
  const wrong: [Partial<Rule>, RegExp][] = [
    [{ name: '../x' }, /a name has/],
    [{ above: Number.NaN }, /above must be a number/],
    [{ rearmBelow: 101 }, /rearmBelow/],
    [{ maxPerHour: 0 }, /maxPerHour/],
    [{ forSeconds: -1 }, /forSeconds/],
    [{ watch: 'stars' as never }, /watch must be one of/],
  ]
  for (const [change, reason] of wrong) assert.throws(() => checkRules([{ ...rule, ...change }]), reason)
  assert.throws(() => checkRules([rule, rule]), /two of that name/)
})

test('the slope of the heap is what collection leaves, not its saw', () => {
  const mib = 1024 * 1024
  const seconds = Array.from({ length: 60 }, (_, index) => ({
    atMs: index * 1000,
    heapUsedBytes: (100 + index / 6 + (index % 10) * 5) * mib,
  }))
  assert.ok(Math.abs((heapSlope(seconds) ?? 0) - 10) < 0.01)
  assert.equal(heapSlope(seconds.slice(0, 20)), null)
})

test('what a trigger kept holds the whole minute before it: each second, and the CPU of what was long over', async () => {
  const { path, earlyMs, slowMs } = await minuteKept
  const { windows } = JSON.parse(inArchive(path, 'manifest.json').toString()) as {
    windows: { file: string; endedMs: number }[]
  }
  const samples = JSON.parse(inArchive(path, 'samples.json').toString()) as { atMs: number }[]
  const before = samples.filter(({ atMs }) => atMs < slowMs)
  // A second may be late, and none is missing.
  assert.ok(before.length >= 40, `${before.length} seconds`)
  assert.ok((before[0]?.atMs ?? Number.POSITIVE_INFINITY) <= earlyMs + 1500)
  for (const [index, { atMs }] of before.entries())
    if (index > 0) assert.ok(atMs - (before[index - 1]?.atMs ?? 0) < 3000, `a gap before ${atMs}`)
  const cpuMs = windows
    .filter(({ endedMs }) => endedMs < slowMs - 20_000)
    .reduce((sum, { file }) => sum + burnedMs(inArchive(path, file)), 0)
  // A busy machine gives the second that was burned a part of itself.
  assert.ok(cpuMs > 100, `${cpuMs} ms of what was burned 50 s before`)
})

function burnedMs(profile: Buffer): number {
  const { stacks } = stacksOf(Profile.decode(gunzipSync(profile)), 'cpu')
  const ofBurning = stacks.filter(({ frames }) => frames.some(({ name }) => name === 'burnForTheTest'))
  return ofBurning.reduce((sum, { value }) => sum + value, 0) / 1e6
}
