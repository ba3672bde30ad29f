/** What a soak is asked, and what it is judged by, on readings whose verdict is known. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderSoak } from '../../loadtest/bench/report-soak.ts'
import type { Reading } from '../../loadtest/soak/measured.ts'
import { parseSoak } from '../../loadtest/soak/options.ts'
import { judge } from '../../loadtest/soak/verdict.ts'

const MIB = 2 ** 20

/** A million reservations, every one with its key, and all of them over. */
const first: Reading = {
  api: { rssBytes: 300 * MIB, heapUsedBytes: 40 * MIB, externalBytes: 13 * MIB },
  worker: { rssBytes: 300 * MIB, heapUsedBytes: 48 * MIB, externalBytes: 11 * MIB },
  redis: {
    rssBytes: 350 * MIB,
    usedBytes: 320 * MIB,
    kinds: { idem: { keys: 1_000_000, bytes: 282 * MIB }, taken: { keys: 1, bytes: 4 * MIB } },
    overheadBytes: MIB,
    tablesBytes: 31 * MIB,
    unexplainedBytes: 2 * MIB,
  },
  postgres: {
    pssBytes: 300 * MIB,
    walBytes: 1000 * MIB,
    tables: { bookings: { rows: 1_000_000, bytes: 500 * MIB }, outbox: { rows: 0, bytes: 100 * MIB } },
  },
  kafka: {
    rssBytes: 400 * MIB,
    diskBytes: 1300 * MIB,
    topics: { 'booking-events': { messages: 2_000_000, bytes: 1200 * MIB } },
  },
}

/** Another million like the first. */
const second: Reading = {
  ...first,
  redis: {
    ...first.redis,
    rssBytes: 700 * MIB,
    usedBytes: 640 * MIB,
    kinds: { idem: { keys: 2_000_000, bytes: 564 * MIB }, taken: { keys: 1, bytes: 4 * MIB } },
    tablesBytes: 69 * MIB,
  },
  postgres: {
    ...first.postgres,
    tables: { bookings: { rows: 2_000_000, bytes: 1000 * MIB }, outbox: { rows: 0, bytes: 100 * MIB } },
  },
  kafka: {
    ...first.kafka,
    diskBytes: 2500 * MIB,
    topics: { 'booking-events': { messages: 4_000_000, bytes: 2400 * MIB } },
  },
}

const faults = (after: Reading) =>
  judge(first, after)
    .filter(({ held }) => !held)
    .map(({ what }) => what)

test('a second load that only added rows, messages and keys added nothing', () => {
  assert.deepEqual(faults(second), [])
})

test('what grew without a reason is named, and nothing else', () => {
  const { api, worker, redis, postgres, kafka } = second
  assert.deepEqual(faults({ ...second, api: { ...api, heapUsedBytes: 60 * MIB } }), ['api, heap'])
  assert.deepEqual(faults({ ...second, worker: { ...worker, externalBytes: 30 * MIB } }), [
    'worker, external',
  ])
  assert.deepEqual(faults({ ...second, worker: { ...worker, rssBytes: 400 * MIB } }), ['worker, memory'])
  assert.deepEqual(faults({ ...second, redis: { ...redis, unexplainedBytes: 30 * MIB } }), [
    'redis, what its keys do not explain',
  ])
  assert.deepEqual(faults({ ...second, redis: { ...redis, rssBytes: 900 * MIB } }), [
    'redis, memory beyond what it uses',
  ])
  const holds = { ...redis.kinds, hold: { keys: 3, bytes: 1900 } }
  assert.deepEqual(faults({ ...second, redis: { ...redis, kinds: holds } }), ['redis, keys of holds'])
  const bookings = { rows: 2_000_000, bytes: 1100 * MIB }
  assert.deepEqual(
    faults({ ...second, postgres: { ...postgres, tables: { ...postgres.tables, bookings } } }),
    ['postgres, bookings'],
  )
  const outbox = { rows: 0, bytes: 200 * MIB }
  assert.deepEqual(faults({ ...second, postgres: { ...postgres, tables: { ...postgres.tables, outbox } } }), [
    'postgres, outbox',
  ])
  const topics = { 'booking-events': { messages: 4_000_000, bytes: 3000 * MIB } }
  assert.deepEqual(faults({ ...second, kafka: { ...kafka, topics } }), ['kafka, booking-events'])
})

test('the page says what the last load added', () => {
  const round = {
    load: {
      perSecond: 1666,
      p99Ms: 20,
      readsPerSecond: 600,
      acknowledged: {
        reserved: 1_000_000,
        confirmed: 10,
        cancelled: 5,
        unanswered: { reserve: 0, confirm: 0, cancel: 0 },
      },
      apiRssMaxBytes: 310 * MIB,
      maxLagSeconds: 0.1,
    },
    restSeconds: 70,
  }
  const page = (last: Reading) =>
    renderSoak({
      rate: 1666,
      reads: 666,
      seconds: 600,
      holdSeconds: 60,
      before: first,
      rounds: [
        { ...round, reading: first },
        { ...round, reading: last },
      ],
      judgements: judge(first, last),
    })
  assert.match(page(second), /added to the one before it \*\*nothing that its live data does not explain\*\*/)
  assert.match(page(second), /\| idem +\| +1000000 \| +1000000 \| +2000000 \| +296 \|/)
  const leaky = { ...second, api: { ...second.api, heapUsedBytes: 60 * MIB } }
  assert.match(page(leaky), /added to the one before it \*\*api, heap\*\*/)
})

test('ten minutes at three thousand a second, twice, half of it reservations, unless it is said otherwise', () => {
  const { rate, reads, seconds, rounds } = parseSoak([]) ?? {}
  assert.deepEqual({ rate, reads, seconds, rounds }, { rate: 3000, reads: 1500, seconds: 600, rounds: 2 })
  assert.equal(parseSoak(['--rate', '3000', '--reads', '0'])?.reads, 0)
  const short = parseSoak(['--rate', '500', '--duration', '90s', '--rounds', '3', '--hold', '2m'])
  assert.deepEqual([short?.rate, short?.seconds, short?.rounds, short?.holdSeconds], [500, 90, 3, 120])
  for (const args of [
    ['--rate', '0'],
    ['--rate', '100', '--reads', '100'],
    ['--reads', '-1'],
    ['--rate', 'fast'],
    ['--duration', '0s'],
    ['--duration', '5h'],
    ['--rounds', '1'],
    ['--hold', '2d'],
    ['--drain'],
    ['more'],
  ])
    assert.equal(parseSoak(args), null, args.join(' '))
})
