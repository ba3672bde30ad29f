/** Profiles that come from elsewhere: what would take the diagnostics thread's memory is refused before it does. */
import assert from 'node:assert/strict'
import { type ClientRequest, request } from 'node:http'
import { type TestContext, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import {
  Function as Func,
  Label,
  Line,
  Location,
  Profile,
  Sample,
  StringTable,
  ValueType,
} from 'pprof-format'
import { decodedBytes } from '../../src/diagnostics/formats/decoded-bytes.ts'
import { startDiagnostics } from '../../src/diagnostics/index.ts'
import { limits } from '../../src/diagnostics/limits.ts'
import { ask } from './ask.ts'
import { until } from './running-app.ts'

const MIB = 2 ** 20
const forms = ['viewer', 'speedscope', 'cpuprofile', 'heapprofile', 'folded', 'html', 'pprof'] as const

async function start(t: TestContext) {
  const warnings: string[] = []
  const diagnostics = await startDiagnostics({
    port: 0,
    log: { info() {}, warn: (_fields, message) => warnings.push(message) },
  })
  t.after(() => diagnostics.stop())
  const convert = async (profile: Uint8Array, query = '') => {
    const response = await fetch(`http://127.0.0.1:${diagnostics.port}/debug/pprof/convert${query}`, {
      method: 'POST',
      body: new Uint8Array(profile),
    })
    const body = new Uint8Array(await response.arrayBuffer())
    const json = () => JSON.parse(Buffer.from(body).toString()) as { code: string }
    return { status: response.status, body, json }
  }
  return { port: diagnostics.port, convert, warnings }
}

function repeated(bytes: readonly number[], count: number): Buffer {
  return Buffer.alloc(bytes.length * count, Buffer.from(bytes))
}

/** A field that has a length. */
function field(number: number, content: Uint8Array): Buffer {
  const length: number[] = []
  let rest = content.byteLength
  for (; rest > 127; rest >>>= 7) length.push((rest & 127) | 128)
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length, rest]), content])
}

test('a body of some kilobytes that would be millions of objects is refused before it is decoded, and the thread lives on', async (t) => {
  const { convert, warnings } = await start(t)
  const bombs = {
    samples: repeated([0x12, 0], 31 * MIB),
    'a sample’s locations': field(2, field(1, repeated([1], 60 * MIB))),
    'a sample’s values, all of them large': field(
      2,
      field(2, repeated([0xff, 0xff, 0xff, 0xff, 0xff, 1], 9 * MIB)),
    ),
    'a sample’s labels': field(2, repeated([0x1a, 0], 30 * MIB)),
    locations: repeated([0x22, 0], 30 * MIB),
    'a location’s lines': field(4, repeated([0x22, 0], 30 * MIB)),
    functions: repeated([0x2a, 0], 30 * MIB),
    mappings: repeated([0x1a, 0], 30 * MIB),
    'sample types': repeated([0x0a, 0], 30 * MIB),
    strings: repeated([0x32, 1, 0x61], 20 * MIB),
    'one long string': field(6, repeated([0x61], 60 * MIB)),
    comments: field(13, repeated([1], 60 * MIB)),
  }
  for (const [name, bomb] of Object.entries(bombs)) {
    const zipped = gzipSync(bomb, { level: 1 })
    assert.ok(zipped.byteLength < MIB, `${name}: ${zipped.byteLength}`)
    const { status, json } = await convert(zipped)
    assert.deepEqual([status, json().code], [413, 'profile_too_large'], name)
  }
  // pprof-format reads such a number in time that grows with the square of its length.
  const endless = Buffer.concat([Buffer.from([0x48]), repeated([0xff], 4 * MIB)])
  assert.deepEqual((await convert(endless)).json().code, 'bad_profile')
  assert.deepEqual((await convert(field(9, endless.subarray(1)))).json().code, 'bad_profile')
  assert.deepEqual(warnings, [])
})

interface Shape {
  stacks: number
  /** Calls of each stack, each at one of so many places. */
  depth: number
  places: number
  /** Functions that are inlined at each place. */
  inlined?: number
  nameCharacters?: number
}

function profileOf({ stacks, depth, places, inlined = 1, nameCharacters = 10 }: Shape): Profile {
  const strings = new StringTable()
  const text = (value: string) => strings.dedup(value)
  const functions = Array.from(
    { length: inlined },
    (_, index) =>
      new Func({
        id: index + 1,
        name: text(`${'f'.repeat(nameCharacters)}${index}`),
        filename: text('/app.ts'),
      }),
  )
  return new Profile({
    sampleType: [new ValueType({ type: text('cpu'), unit: text('nanoseconds') })],
    function: functions,
    location: Array.from(
      { length: places },
      (_, index) =>
        new Location({
          id: index + 1,
          line: functions.map(({ id }) => new Line({ functionId: id, line: index + 1 })),
        }),
    ),
    sample: Array.from(
      { length: stacks },
      (_, index) =>
        new Sample({
          // The first calls are the same for all, as they are in a program.
          locationId: Array.from(
            { length: depth },
            (_, at) => 1 + ((at < depth / 2 ? index * 7 + at : at) % places),
          ),
          value: [1_000_000 + index],
          label: [
            new Label({ key: text('route'), str: text(`/route/${index % 20}`) }),
            new Label({ key: text('worker'), str: text(String(index % 4)) }),
          ],
        }),
    ),
    stringTable: strings,
    timeNanos: 1_700_000_000_000_000_000n,
    durationNanos: 2e9,
  })
}

test('a small profile that would be a large picture is refused in the forms that draw it, and given as pprof', async (t) => {
  const { convert, warnings } = await start(t)
  const pictures: [string, Profile][] = [
    [
      'a thousand functions inlined in every call',
      profileOf({ stacks: 100, depth: 1000, places: 10, inlined: 1000 }),
    ],
    ['long names in many lines', profileOf({ stacks: 20, depth: 500, places: 500, nameCharacters: 500_000 })],
  ]
  for (const [name, profile] of pictures) {
    const zipped = gzipSync(profile.encode(), { level: 1 })
    for (const form of forms.filter((one) => one !== 'pprof')) {
      const { status, json } = await convert(zipped, `?format=${form}`)
      assert.deepEqual([status, json().code], [413, 'profile_too_large'], `${name}: ${form}`)
    }
    const { status, body } = await convert(zipped, '?format=pprof')
    assert.equal(status, 200, name)
    assert.equal(Profile.decode(gunzipSync(body)).sample.length, profile.sample.length)
  }
  assert.deepEqual(warnings, [])
})

test('a name of blanks is folded as any other: in time that grows with its length, not with the square of it', async (t) => {
  const { convert } = await start(t)
  const blanks = profileOf({ stacks: 1, depth: 1, places: 1 })
  const name = blanks.stringTable.dedup(`a${' '.repeat(2_000_000)}b \n c`)
  blanks.function[0] = new Func({ id: 1, name })
  const { body } = await convert(blanks.encode(), '?format=folded')
  assert.match(Buffer.from(body).toString(), /b c \d+\n$/)
})

test('ten thousand stacks of forty calls are given in every form', async (t) => {
  const { convert } = await start(t)
  const zipped = gzipSync(profileOf({ stacks: 10_000, depth: 40, places: 400 }).encode(), { level: 1 })
  for (const form of forms) assert.equal((await convert(zipped, `?format=${form}`)).status, 200, form)
})

test('so many conversions are there at a time; one more is told when to come back', async (t) => {
  const { port, convert } = await start(t)
  const slow: ClientRequest[] = []
  for (let index = 0; index < limits.conversionsMax; index++) {
    const headers = { 'content-length': '100' }
    const path = '/debug/pprof/convert'
    const one = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent: false })
    one.on('error', () => {})
    one.flushHeaders()
    slow.push(one)
  }
  t.after(() => {
    for (const one of slow) one.destroy()
  })
  await until(async () => {
    const { status, json, headers } = await ask(port, '/debug/pprof/convert', { method: 'POST' })
    if (status !== 429) return false
    assert.equal(json.code, 'conversion_running')
    assert.ok(Number(headers['retry-after']) >= 1)
    return true
  })
  for (const one of slow) one.destroy()
  const profile = profileOf({ stacks: 1, depth: 1, places: 1 }).encode()
  await until(async () => (await convert(profile)).status === 200)
})

test('what is counted before decoding is never less than what is decoded', () => {
  const bytes = fc.uint8Array({ maxLength: 12 })
  /** Fields of any number, as numbers or with a length, within each other. */
  const { message } = fc.letrec<{ message: Buffer }>((tie) => ({
    message: fc
      .array(
        fc.oneof(
          fc
            .tuple(fc.nat(31), fc.oneof({ depthSize: 'small' }, bytes, tie('message')))
            .map(([number, content]) => {
              const whole = field(number, content)
              whole[0] = (number << 3) | 2
              return whole
            }),
          fc.tuple(fc.nat(31), fc.nat()).map(([number, value]) => Buffer.from([number << 3, value & 127])),
        ),
        { maxLength: 6 },
      )
      .map((fields) => Buffer.concat(fields)),
  }))
  let decoded = 0
  fc.assert(
    fc.property(message, (encoded) => {
      let counted: number
      try {
        counted = decodedBytes(encoded, Number.POSITIVE_INFINITY)
      } catch {
        return
      }
      decoded++
      const { sample, location, function: functions, mapping, comment, stringTable } = Profile.decode(encoded)
      const numbers = sample.flatMap(({ locationId, value }) => [...locationId, ...value]).length
      const labels = sample.flatMap(({ label }) => label).length
      const lines = location.flatMap(({ line }) => line).length
      const least =
        300 * sample.length +
        250 * location.length +
        150 * functions.length +
        200 * mapping.length +
        500 * (stringTable.strings.length - 1) +
        16 * (numbers + comment.length) +
        120 * labels +
        100 * lines
      assert.ok(counted >= least, `${counted} of ${least}`)
    }),
    { numRuns: 2000 },
  )
  assert.ok(decoded > 200, `${decoded}`)
})
