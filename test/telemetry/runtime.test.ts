import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { test } from 'node:test'
import { makeMetrics } from '../../src/telemetry/metrics.ts'
import { collectPools } from '../../src/telemetry/pool-collectors.ts'
import { collectRuntime } from '../../src/telemetry/runtime/collect.ts'
import { makeRuntimeMetrics } from '../../src/telemetry/runtime-metrics.ts'
import { until } from '../faults/proof.ts'
import type { Cleanup } from '../support/restartable.ts'

/** What a scrape shows: values by name with labels. */
async function scrape({ registry }: ReturnType<typeof makeMetrics>): Promise<Map<string, number>> {
  const lines = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  )
}

function collected(t: Cleanup): ReturnType<typeof makeMetrics> {
  const metrics = makeMetrics()
  const stop = collectRuntime(metrics)
  t.after(async () => stop())
  return metrics
}

test('the first scrape shows what is true then: memory against its limit, files, CPU time by mode', async (t) => {
  const metrics = collected(t)
  const seen = await scrape(metrics)
  const value = (name: string) => seen.get(name) ?? Number.NaN
  assert.ok(value('process_resident_memory_bytes') > 10e6)
  assert.ok(value('nodejs_external_memory_bytes') > 0)
  assert.ok(value('nodejs_heap_limit_bytes') > value('nodejs_heap_space_used_bytes{space="old"}'))
  assert.ok(value('nodejs_heap_space_used_bytes{space="old"}') > 0)
  assert.ok(value('process_memory_limit_bytes') <= totalmem(), 'a limit that no machine has is none')
  assert.ok(value('process_memory_limit_bytes') > value('process_resident_memory_bytes'))
  assert.ok(value('process_open_fds') > 2)
  assert.ok(value('process_cpu_seconds_total{mode="user"}') > 0)
  assert.ok(value('process_start_time_seconds') <= Date.now() / 1000)
  assert.equal(value(`nodejs_version_info{version="${process.version}"}`), 1)
})

test('every gauge of a pool is of the scrape that shows it, and every state has a series', async () => {
  const metrics = makeMetrics()
  let inFlight = 7
  const pool = { guard: { inFlight: () => inFlight }, states: () => ({ ready: 2, odd: 1 }), onReconnect() {} }
  collectPools(metrics, [], [pool])
  const first = await scrape(metrics)
  assert.equal(first.get('redis_commands_in_flight'), 7)
  assert.equal(first.get('redis_pool_connections{state="ready"}'), 2)
  assert.equal(first.get('redis_pool_connections{state="reconnecting"}'), 0)
  assert.equal(first.get('redis_pool_connections{state="other"}'), 1)
  inFlight = 3
  assert.equal((await scrape(metrics)).get('redis_commands_in_flight'), 3)
})

test('a loop that was blocked is seen by every scraper, not by the first alone', async (t) => {
  const metrics = collected(t)
  const worst = async () => (await scrape(metrics)).get('nodejs_eventloop_delay_seconds{quantile="1"}') ?? 0
  const endMs = performance.now() + 300
  // Two turns: a delay is known once the timer that was late has run.
  await new Promise((resolve) => setTimeout(resolve, 30))
  while (performance.now() < endMs);
  await until('the delay was measured', async () => (await worst()) > 0.1)
  assert.ok((await worst()) > 0.1, 'the second scraper')
})

test('CPU time only grows, and collections are counted by kind', async (t) => {
  const metrics = collected(t)
  const cpu = async () => {
    const seen = await scrape(metrics)
    return (
      (seen.get('process_cpu_seconds_total{mode="user"}') ?? 0) +
      (seen.get('process_cpu_seconds_total{mode="system"}') ?? 0)
    )
  }
  const before = await cpu()
  const collections = async () =>
    (await scrape(metrics)).get('nodejs_gc_duration_seconds_count{kind="minor"}') ?? 0
  assert.ok((await scrape(metrics)).has('nodejs_gc_duration_seconds_count{kind="weakcb"}'))
  await until('garbage was collected', async () => {
    litter()
    return (await collections()) > 0
  })
  const { user, system } = process.cpuUsage()
  const after = await cpu()
  assert.ok(after > before)
  assert.ok(after >= (user + system) / 1e6)
})

test('what measures a process leaves no handle and no timer behind, and counts nothing once it is stopped', async (t) => {
  const handles = () => process.getActiveResourcesInfo().filter((type) => type !== 'Timeout').length
  const before = handles()
  const made = t.mock.method(globalThis, 'setInterval')
  const cleared = t.mock.method(globalThis, 'clearInterval')
  const stopped = makeMetrics()
  const stop = collectRuntime(stopped)
  await scrape(stopped)
  stop()
  const timers = made.mock.calls.map(({ result }) => result)
  assert.ok(timers.length > 0, 'the test sees timers')
  assert.deepEqual(new Set(cleared.mock.calls.map(({ arguments: [timer] }) => timer)), new Set(timers))
  assert.equal(handles(), before)

  const collections = async (metrics: ReturnType<typeof makeMetrics>) =>
    (await scrape(metrics)).get('nodejs_gc_duration_seconds_count{kind="minor"}') ?? 0
  const last = await collections(stopped)
  const running = collected(t)
  await until('garbage was collected', async () => {
    litter()
    return (await collections(running)) > 0
  })
  assert.equal(await collections(stopped), last)
})

function litter(): void {
  const kept: unknown[] = []
  for (let i = 0; i < 200_000; i++) kept.push({ i })
}

test('what is of a process is never added up, and every gauge says what becomes of it', async () => {
  const { registry } = makeMetrics()
  const runtime = Object.values(makeRuntimeMetrics([])) as unknown as { name: string }[]
  assert.equal(runtime.length, 14)
  const families = new Map((await registry.getMetricsAsJSON()).map((family) => [family.name, family]))
  for (const { name } of runtime) assert.equal(families.get(name)?.aggregator, 'omit', name)
  for (const group of ['http', 'booking', 'inventory', 'queue', 'postgres', 'redis', 'pipeline', 'self']) {
    const source = readFileSync(new URL(`../../src/telemetry/${group}-metrics.ts`, import.meta.url), 'utf8')
    for (const [gauge, name] of source.matchAll(/new Gauge\(\{\s+name: '(\w+)'.*?\n {4}\}\)/gs)) {
      assert.match(gauge, /aggregator: '(sum|max|min|first|average)'/, name)
    }
  }
})
