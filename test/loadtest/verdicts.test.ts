/** What a run is judged by, on numbers whose verdict is known. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Baseline, compareWithBaseline } from '../../loadtest/gate/baseline.ts'
import { isOnlySlow } from '../../loadtest/gate/run-gate.ts'
import { compareBooks } from '../../loadtest/run/books.ts'
import { acknowledgedOf, answersOf, type Metrics, thresholdsOf } from '../../loadtest/run/k6-summary.ts'
import { kneeOfSeries, kneeOfSteps } from '../../loadtest/run/knee.ts'
import { passOrder } from '../../loadtest/run/pass-order.ts'
import { interruptedOf } from '../../loadtest/run/run-k6.ts'
import { NO_KNEE, type ScenarioResult } from '../../loadtest/run/run-scenario.ts'
import { scenarios } from '../../loadtest/run/scenarios.ts'
import { pausesOf, type Second } from '../../loadtest/run/series.ts'

const [smoke] = scenarios
const dirty = scenarios.find(({ name }) => name === 'dirty')

function books(reserved: number, stored: number, unanswered = 0) {
  const told = {
    reserved,
    confirmed: 0,
    cancelled: 0,
    unanswered: { reserve: unanswered, confirm: 0, cancel: 0 },
  }
  return compareBooks(
    told,
    { bookings: stored, confirmed: 0, cancelled: 0, seatsTaken: stored },
    smoke as never,
  )
}

test('acknowledged ≤ stored ≤ acknowledged + unanswered', () => {
  assert.deepEqual(books(10, 10), [])
  assert.deepEqual(books(10, 12, 2), [])
  assert.match(books(10, 9).join(), /10 reservations were acknowledged, and 9 are stored/)
  assert.match(books(10, 9, 5).join(), /9 are stored/)
  assert.match(books(10, 11).join(), /11 reservations are stored, and 10 were acknowledged and 0 unanswered/)
})

test('only where the provider confirms may more be confirmed than clients know of', () => {
  const told = { reserved: 5, confirmed: 1, cancelled: 0, unanswered: { reserve: 0, confirm: 0, cancel: 0 } }
  const stored = { bookings: 5, confirmed: 3, cancelled: 0, seatsTaken: 5 }
  assert.equal(compareBooks(told, stored, smoke as never).length, 1)
  assert.deepEqual(compareBooks(told, stored, dirty as never), [])
})

const metrics: Metrics = {
  http_reqs: { count: 9, rate: 3 },
  'http_reqs{name:reserve,status:201}': { count: 7, thresholds: { 'count>=0': false } },
  'http_reqs{name:reserve,status:0}': { count: 2, thresholds: { 'count>=0': false } },
  'http_reqs{name:reserve,status:503}': { count: 0, thresholds: { 'count>=0': false } },
  reserved_by_retry: { count: 3 },
  unanswered_reserve: { count: 2 },
  http_req_duration: { 'p(95)': 61, thresholds: { 'p(95)<50': true, 'p(99)<100': false } },
}

test('of k6’s summary: thresholds that were crossed, answers by status, and what was acknowledged', () => {
  assert.deepEqual(thresholdsOf(metrics), [
    { metric: 'http_req_duration', condition: 'p(95)<50', held: false },
    { metric: 'http_req_duration', condition: 'p(99)<100', held: true },
  ])
  assert.deepEqual(answersOf(metrics), { 'reserve 201': 7, 'reserve none': 2 })
  const { reserved, unanswered } = acknowledgedOf(metrics)
  assert.equal(reserved, 10)
  assert.equal(unanswered.reserve, 2)
  assert.equal(acknowledgedOf(metrics, 5).unanswered.reserve, 7)
})

test('what k6 ended in the midst of something is in the last of its lines', () => {
  const line = (complete: number, interrupted: number) =>
    `running (0m20.0s), 000/300 VUs, ${complete} complete and ${interrupted} interrupted iterations`
  assert.equal(interruptedOf([line(10, 0), line(55_148, 356), ''].join('\n')), 356)
  assert.equal(interruptedOf('nothing'), 0)
})

function pass(place: number, atMs: number): string {
  const claims = Buffer.from(JSON.stringify({ pass: `${place}.x` })).toString('base64url')
  return `time="…" level=info msg="PASS h.${claims}.s ${new Date(atMs).toISOString()}" source=console`
}
const steady = Array.from({ length: 2000 }, (_, place) =>
  pass(place, 1_000_000 + Math.floor(place / 20) * 100),
)

const expected = { people: 2000, ratePerSecond: 200, toldPauses: [] as number[] }

test('passes in the order of joining at the set rate are sound, in whatever order they are told', () => {
  const order = passOrder(steady.toReversed().join('\n'), expected)
  assert.deepEqual(order.faults, [])
  assert.equal(order.passes, 2000)
})

test('a pass before its turn, a missing one and another rate are found', () => {
  const early = [...steady, pass(2000, 1_000_000)].join('\n')
  assert.match(passOrder(early, { ...expected, people: 2001 }).faults.join(), /1 got their pass before/)
  const missing = steady.slice(0, -1).join('\n')
  assert.match(passOrder(missing, expected).faults.join(), /1999 of 2000/)
  assert.match(
    passOrder(steady.join('\n'), { ...expected, ratePerSecond: 250 }).faults.join(),
    /20\d\.\d a second were let in, not 250/,
  )
})

test('a time in which nobody was let in counts as one only where the service said so', () => {
  const [first, rest] = [steady.slice(0, 1000), steady.slice(1000)]
  const afterPause = rest.map((_, index) => pass(1000 + index, 1_000_000 + 1000 * 5 + 4000 + index * 5))
  const log = [...first, ...afterPause].join('\n')
  const told = passOrder(log, { ...expected, toldPauses: [4.2] })
  assert.deepEqual([told.faults, Math.round(told.stoodStillSeconds)], [[], 4])
  assert.match(
    passOrder(log, expected).faults.join(),
    /nobody was let in for 4\.\d s, and the service told of 0 s/,
  )
  // Neither may a told pause be longer than it was told, nor one stand for two.
  assert.equal(passOrder(log, { ...expected, toldPauses: [2, 1.5, 1.5] }).faults.length, 1)
  const twice = [...log.split('\n'), pass(2000, 1_030_000)].join('\n')
  assert.match(
    passOrder(twice, { ...expected, people: 2001, toldPauses: [60] }).faults.join(),
    /the service told of 0 s/,
  )
})

function second(perSecond: number, p99Ms: number, failedPerSecond = 0): Second {
  const quiet = {
    loopDelayMs: 0,
    walEntries: 0,
    walLagSeconds: 0,
    outboxRows: 0,
    rssMb: 0,
    queuePaused: false,
  }
  return { atSeconds: 0, perSecond, p99Ms, p50Ms: 1, p95Ms: 1, failedPerSecond, ...quiet }
}

test('a pause of the queues is as long as from the look before it to the one behind it', () => {
  const looks = [0, 0, 1, 1, 0, 1].map((paused, index) => ({
    ...second(1, 1),
    atSeconds: index + 1,
    queuePaused: paused === 1,
  }))
  assert.deepEqual(pausesOf(looks), [3, 1])
  assert.deepEqual(pausesOf(looks.slice(0, 2)), [])
})

test('the knee is the most that was answered before the objective was lost; one slow second does not lose it', () => {
  const rising = [second(1000, 5), second(2000, 120), second(2200, 40), second(2100, 300), second(9000, 250)]
  assert.equal(kneeOfSeries(rising), 2200)
  assert.equal(kneeOfSeries([...rising, second(9500, 5)]), 2200)
  assert.equal(kneeOfSeries(rising.slice(0, 3)), 2200)
  assert.equal(kneeOfSeries([second(100, 5), second(200, 5, 3), second(300, 5, 3)]), 100)
  assert.equal(kneeOfSeries([second(100, 500), second(100, 500), second(90, 5)]), null)
})

test('of loads one after the other the knee is the last before the first that did not keep the objective', () => {
  const step = (rate: number, p95: number, p99: number, failed = 0, dropped = 0): Metrics => ({
    [`http_req_duration{scenario:at_${rate}}`]: { 'p(95)': p95, 'p(99)': p99, count: rate - dropped },
    [`http_req_failed{scenario:at_${rate}}`]: { value: failed },
    [`dropped_iterations{scenario:at_${rate}}`]: { count: dropped },
  })
  const good = { ...step(1000, 5, 20), ...step(300, 4, 10), ...step(2000, 49, 99) }
  assert.equal(kneeOfSteps(good), 2000)
  assert.equal(kneeOfSteps({ ...good, ...step(1500, 49, 101), ...step(3000, 5, 5) }), 1000)
  assert.equal(kneeOfSteps({ ...good, ...step(1500, 49, 99, 0.01) }), 1000)
  assert.equal(kneeOfSteps({ ...good, ...step(1500, 5, 20, 0, 2) }), 1000)
  assert.equal(kneeOfSteps({ ...good, ...step(1500, 0, 0, 0, 1500) }), 1000)
  assert.equal(kneeOfSteps({ ...good, ...step(100, 50, 99) }), null)
})

test('a run is tried again only when nothing but its latency, and what was not begun because of it, is not as it must be', () => {
  const slow = { metric: 'http_req_duration{name:reserve}', condition: 'p(99)<100', held: false }
  const failing = { metric: 'http_req_failed', condition: 'rate<0.001', held: false }
  const result = (problems: string[], thresholds: (typeof slow)[]) =>
    isOnlySlow({ problems, thresholds } as ScenarioResult)
  assert.equal(result(['slow'], [slow]), true)
  const dropped = { metric: 'dropped_iterations', condition: 'count<=20', held: false }
  assert.equal(result(['slow', 'dropped'], [slow, dropped]), true)
  assert.equal(result([NO_KNEE], []), true)
  assert.equal(result([], [{ ...slow, held: true }]), false)
  assert.equal(result(['failing'], [failing]), false)
  assert.equal(result(['slow', 'oversold'], [slow]), false)
})

test('numbers of another machine are not compared, and those of the same by ratio', () => {
  const machine = { cpu: 'this one', cores: 2, memoryGb: 24, kernel: '6', loadBefore: 0 }
  const run = { scenario: 'sustained', offered: 2000, knee: null, cpuMicros: { api: 300 } }
  const report = {
    profile: 'ci',
    date: '',
    machine,
    versions: {},
    revision: '',
    knee: 900,
    runs: [run],
  } as never
  const baseline = (numbers: Record<string, number>, cpu = 'this one'): Baseline => ({
    ...{ profile: 'ci', date: '2026-11-25', revision: 'abc', numbers },
    machine: { cpu, cores: 2, memoryGb: 24 },
  })
  assert.deepEqual(
    compareWithBaseline(
      report,
      baseline({ knee: 1000, 'sustained at 2000/s, api µs': 290, 'sustained at 900/s, api µs': 30 }),
    ).problems,
    [],
  )
  assert.match(
    compareWithBaseline(report, baseline({ knee: 4000 })).problems.join(),
    /knee is 0\.2\d of what abc had/,
  )
  assert.match(
    compareWithBaseline(report, baseline({ 'sustained at 2000/s, api µs': 100 })).problems.join(),
    /sustained at 2000\/s, api µs is 3\.00/,
  )
  const other = compareWithBaseline(report, baseline({ knee: 4000 }, 'another'))
  assert.match(other.said, /another machine/)
  assert.deepEqual(other.problems, [])
})
