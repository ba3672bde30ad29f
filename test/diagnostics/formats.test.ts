import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { Function as Func, Line, Location, Profile, Sample, StringTable, ValueType } from 'pprof-format'
import { Check, Errors } from 'typebox/schema'
import { formatProfile, type ProfileFormat } from '../../src/diagnostics/formats/format.ts'
import { stacksOf } from '../../src/diagnostics/formats/stacks.ts'
import { mergeProfiles } from '../../src/diagnostics/profiles/merge.ts'
import { negated } from '../../src/diagnostics/profiles/negate.ts'

type Stack = { frames: string[]; value: number }

/** A profile of these stacks, root first, as a sampler would write it. */
function profileOf(stacks: readonly Stack[]): Uint8Array {
  const strings = new StringTable()
  const names = [...new Set(stacks.flatMap(({ frames }) => frames))]
  const id = (name: string) => names.indexOf(name) + 1
  const filename = strings.dedup('/app/src/server.ts')
  return new Profile({
    sampleType: [new ValueType({ type: strings.dedup('cpu'), unit: strings.dedup('nanoseconds') })],
    sample: stacks.map(
      ({ frames, value }) => new Sample({ locationId: frames.map(id).reverse(), value: [value] }),
    ),
    function: names.map((name) => new Func({ id: id(name), name: strings.dedup(name), filename })),
    location: names.map(
      (name) => new Location({ id: id(name), line: [new Line({ functionId: id(name), line: 7 })] }),
    ),
    stringTable: strings,
    timeNanos: 1_700_000_000_000_000_000n,
    durationNanos: 2e9,
  }).encode()
}

const sample = fc.record({
  frames: fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 5 }),
  value: fc.integer({ min: 1, max: 1_000_000_000 }),
})

function sums(profile: Profile): Map<string, number> {
  const result = new Map<string, number>()
  for (const { frames, labels, value } of stacksOf(profile, 'cpu').stacks) {
    const key = `${labels.worker} ${frames.map(({ name }) => name).join(';')}`
    assert.ok(!result.has(key), `${key} comes twice`)
    result.set(key, value)
  }
  return result
}

test('the sum of merged profiles is exact for every stack and worker, and no stack comes twice', () => {
  fc.assert(
    fc.property(fc.array(fc.array(sample, { maxLength: 10 }), { minLength: 1, maxLength: 4 }), (workers) => {
      const parts = workers.map((stacks, worker) => ({
        profile: profileOf(stacks),
        labels: { worker: String(worker % 2) },
      }))
      const expected = new Map<string, number>()
      workers.forEach((stacks, worker) => {
        for (const { frames, value } of stacks) {
          const key = `${worker % 2} ${frames.join(';')}`
          expected.set(key, (expected.get(key) ?? 0) + value)
        }
      })
      const merged = Profile.decode(mergeProfiles(parts).encode())
      assert.deepEqual([...sums(merged)].sort(), [...expected].sort())
    }),
    { numRuns: 100 },
  )
})

test('windows of one worker follow each other, workers run beside each other', () => {
  const window = (worker: string) => ({
    profile: profileOf([{ frames: ['a'], value: 1 }]),
    labels: { worker },
  })
  assert.equal(Number(mergeProfiles([window('1'), window('1'), window('2')]).durationNanos), 4e9)
})

const merged = () =>
  mergeProfiles([
    { profile: profileOf([{ frames: ['main', 'work'], value: 3e6 }]), labels: { worker: '1' } },
    {
      profile: profileOf([
        { frames: ['main', 'work'], value: 5e6 },
        { frames: ['main'], value: 2e6 },
      ]),
      labels: { worker: '2' },
    },
  ])

async function textOf(format: ProfileFormat): Promise<string> {
  const { body } = await formatProfile(merged(), format, 'cpu', 'profile')
  assert.ok(typeof body === 'string')
  return body
}

test('pprof is compressed and decodes to the same', async () => {
  const { body } = await formatProfile(merged(), 'pprof', 'cpu', 'profile')
  assert.deepEqual(sums(Profile.decode(gunzipSync(body as Uint8Array))), sums(merged()))
})

interface Speedscope {
  shared: { frames?: { name: string; file?: string; line?: number }[] }
  profiles: { name: string; endValue: number }[]
}

test("speedscope's own schema accepts what is made for it", async () => {
  const path = join(import.meta.dirname, '../../node_modules/speedscope/dist/release/file-format-schema.json')
  const schema = JSON.parse(readFileSync(path, 'utf8'))
  const file: Speedscope = JSON.parse(await textOf('speedscope'))
  const accepted: boolean = Check(schema, file)
  assert.ok(accepted, JSON.stringify(Errors(schema, file)))
  assert.ok(!Check(schema, { ...file, shared: {} }))
  assert.deepEqual(
    file.profiles.map(({ name, endValue }) => [name, endValue]),
    [
      ['worker 1: cpu', 3e6],
      ['worker 2: cpu', 7e6],
    ],
  )
  assert.deepEqual(file.shared.frames?.[0], { name: 'main', file: '/app/src/server.ts', line: 7 })
})

test('of a difference speedscope gets what came and what is gone as profiles of their own, and DevTools nothing', async () => {
  const difference = mergeProfiles([
    { profile: profileOf([{ frames: ['main', 'work'], value: 5 }]), labels: { worker: '1' } },
    { profile: negated(profileOf([{ frames: ['main', 'gone'], value: 3 }])), labels: { worker: '1' } },
  ])
  const { body } = await formatProfile(difference, 'speedscope', 'cpu', 'difference')
  const { profiles } = JSON.parse(body as string) as { profiles: { name: string; weights: number[] }[] }
  assert.deepEqual(
    profiles.map(({ name, weights }) => [name, weights]),
    [
      ['worker 1: cpu, came', [5]],
      ['worker 1: cpu, gone', [3]],
    ],
  )
  for (const format of ['cpuprofile', 'heapprofile', 'html'] as const)
    await assert.rejects(formatProfile(difference, format, 'cpu', 'difference'), {
      status: 400,
      code: 'below_zero',
    })
})

test('folded stacks carry the worker at the root and sum up', async () => {
  assert.equal(
    await textOf('folded'),
    `worker:1;main (/app/src/server.ts:7);work (/app/src/server.ts:7) 3000000
worker:2;main (/app/src/server.ts:7);work (/app/src/server.ts:7) 5000000
worker:2;main (/app/src/server.ts:7) 2000000
`,
  )
})

test('a .cpuprofile is a tree whose samples and times agree', async () => {
  interface Node {
    id: number
    callFrame: { functionName: string; url: string; lineNumber: number }
    children: number[]
    hitCount: number
  }
  const file = JSON.parse(await textOf('cpuprofile'))
  const nodes = new Map<number, Node>(file.nodes.map((node: Node) => [node.id, node]))
  assert.equal(file.nodes[0].callFrame.functionName, '(root)')
  assert.equal(file.samples.length, file.timeDeltas.length)
  const children = file.nodes.flatMap((node: Node) => node.children)
  assert.equal(new Set(children).size, file.nodes.length - 1)
  // DevTools gives a sample the time until the next one.
  const micros = new Map<string, number>()
  file.samples.forEach((id: number, index: number) => {
    const name = nodes.get(id)?.callFrame.functionName ?? ''
    micros.set(name, (micros.get(name) ?? 0) + (file.timeDeltas[index + 1] ?? 0))
  })
  assert.equal(micros.get('work'), 8000)
  assert.equal(micros.get('main'), 2000)
  assert.equal(file.endTime - file.startTime, 10_000)
  const work = file.nodes.find((node: Node) => node.callFrame.functionName === 'work')
  assert.deepEqual([work.callFrame.url, work.callFrame.lineNumber], ['file:///app/src/server.ts', 6])
})
