import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { Counter, Gauge, Histogram, Registry, Summary } from 'prom-client'
import { renderClassic } from '../../src/diagnostics/metrics/classic.ts'
import type { MetricFamily, MetricSample } from '../../src/diagnostics/metrics/family.ts'
import { mergeSnapshots } from '../../src/diagnostics/metrics/merge.ts'
import { prefersOpenMetrics } from '../../src/diagnostics/metrics/negotiate.ts'
import { renderOpenMetrics } from '../../src/diagnostics/metrics/openmetrics.ts'
import { familiesOfRegistry } from '../../src/diagnostics/metrics/registry.ts'
import { parseOpenMetrics } from './openmetrics-parser.ts'
import { has } from './programs.ts'

const awkward = 'a "quoted"\\back\nline'

function family(part: Partial<MetricFamily>, ...samples: Partial<MetricSample>[]): MetricFamily {
  return {
    name: 'seats',
    help: 'Seats',
    type: 'gauge',
    merge: 'sum',
    ...part,
    samples: samples.map((sample) => ({ suffix: '', labels: {}, value: 0, ...sample })),
  }
}

/** A registry of prom-client with one of everything. */
async function everything(): Promise<MetricFamily[]> {
  const registry = new Registry()
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never)
  const registers = [registry]
  const labelNames = ['route'] as const
  const sold = new Counter({
    name: 'sold_total',
    help: awkward,
    labelNames,
    registers,
    enableExemplars: true,
  })
  sold.inc({ labels: { route: awkward }, value: 3, exemplarLabels: { trace_id: 'abc' } as never })
  const buckets = [0.1, 1]
  const took = new Histogram({
    name: 'took_seconds',
    help: 'T',
    labelNames,
    buckets,
    registers,
    enableExemplars: true,
  })
  took.observe({ labels: { route: '/a' }, value: 0.05, exemplarLabels: { trace_id: 'abc' } as never })
  new Gauge({ name: 'depth', help: 'D', registers, aggregator: 'max' }).set(-2.5)
  new Summary({ name: 'wait_seconds', help: 'W', registers, percentiles: [0.5] }).observe(3)
  return familiesOfRegistry(registry)
}

const odd = family(
  { name: 'odd', help: 'Odd numbers' },
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-7, 1e21].map((value, index) => ({
    labels: { index: String(index) },
    value,
  })),
)

test('promtool accepts the classic text of a whole registry', async (t) => {
  if (!has(t, 'promtool')) return
  const input = renderClassic([...mergeSnapshots([{ worker: 0, families: await everything() }]), odd])
  const { status, stderr, stdout } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' })
  assert.equal(status, 0, `${stderr}${stdout}\n${input}`)
})

test('OpenMetrics is what its grammar allows, with exemplars on buckets and counters', async () => {
  const page = renderOpenMetrics([...(await everything()), odd])
  const families = new Map(parseOpenMetrics(page).map((one) => [one.name, one]))
  assert.deepEqual([...families.keys()], ['sold', 'took_seconds', 'depth', 'wait_seconds', 'odd'])
  const [sold] = families.get('sold')?.samples ?? []
  assert.equal(sold?.name, 'sold_total')
  assert.equal(sold?.labels.route, awkward)
  assert.deepEqual(sold?.exemplar?.labels, { trace_id: 'abc' })
  const exemplars = families.get('took_seconds')?.samples.filter(({ exemplar }) => exemplar)
  assert.deepEqual(
    exemplars?.map(({ name, labels }) => [name, labels.le]),
    [['took_seconds_bucket', '0.1']],
  )
  assert.deepEqual(
    families.get('odd')?.samples.map(({ value }) => value),
    ['NaN', '+Inf', '-Inf', '1e-7', '1e+21'],
  )
})

test('an exemplar above 128 characters and a name that is none are left out, the rest stays', async () => {
  const families = await everything()
  for (const { exemplar } of families.flatMap(({ samples }) => samples))
    if (exemplar) exemplar.labels = { trace_id: 'x'.repeat(121) }
  const page = renderOpenMetrics([...families, family({ name: 'no name' }, { value: 1 })])
  const parsed = parseOpenMetrics(page)
  assert.equal(parsed.length, 4)
  assert.ok(parsed.every(({ samples }) => samples.every(({ exemplar }) => exemplar === undefined)))
})

test('a scraper gets OpenMetrics when it asks for it as Prometheus does, and the classic text otherwise', () => {
  const prometheus =
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
  assert.equal(prefersOpenMetrics(prometheus), true)
  assert.equal(prefersOpenMetrics('application/openmetrics-text'), true)
  for (const accept of [
    undefined,
    '*/*',
    'text/plain;version=0.0.4,application/openmetrics-text;q=0.5',
    'application/openmetrics-text;q=0',
    'application/openmetrics-text;version=9.0.0',
  ])
    assert.equal(prefersOpenMetrics(accept), false, accept)
})

test('processes are merged as each family says, and exactly', () => {
  const values = (merge: MetricFamily['merge']) =>
    mergeSnapshots(
      [4, 1, 7].map((value, worker) => ({ worker, families: [family({ merge }, { value })] })),
    ).flatMap(({ samples }) => samples.map(({ labels, value }) => [labels.worker, value]))
  assert.deepEqual(values('sum'), [[undefined, 12]])
  assert.deepEqual(values('max'), [[undefined, 7]])
  assert.deepEqual(values('min'), [[undefined, 1]])
  assert.deepEqual(values('average'), [[undefined, 4]])
  assert.deepEqual(values('first'), [[undefined, 4]])
  assert.deepEqual(values('each'), [
    ['0', 4],
    ['1', 1],
    ['2', 7],
  ])
})

test('a single process has the label worker too, where processes are kept apart', () => {
  const [merged] = mergeSnapshots([{ worker: 0, families: [family({ merge: 'each' }, { value: 1 })] }])
  assert.deepEqual(merged?.samples[0]?.labels, { worker: '0' })
})

test('histograms add up by label whatever the order of labels, and keep the newest exemplar', () => {
  const bucket = (labels: Record<string, string>, value: number, timestampSeconds: number): MetricFamily =>
    family(
      { name: 'took_seconds', type: 'histogram', merge: 'average' },
      {
        suffix: '_bucket',
        labels,
        value,
        exemplar: { labels: { trace_id: `at ${timestampSeconds}` }, value: 1, timestampSeconds },
      },
    )
  const [merged, ...more] = mergeSnapshots([
    { worker: 1, families: [bucket({ le: '1', route: '/a' }, 5, 20)] },
    { worker: 2, families: [bucket({ route: '/a', le: '1' }, 6, 30)] },
    { worker: 3, families: [bucket({ route: '/a', le: '1' }, 7, 10)] },
  ])
  assert.deepEqual(more, [])
  assert.equal(merged?.samples.length, 1)
  assert.equal(merged?.samples[0]?.value, 18)
  assert.equal(merged?.samples[0]?.exemplar?.labels.trace_id, 'at 30')
})
