/** docs/capacity.md: from what a request costs each component, what is needed for a rate, what is full first, and what moves it. */
import { PARTITIONS } from '../../src/pipeline/partition.ts'
import { type Needs, needsFor, type UnitCosts, unitCosts } from './capacity-model.ts'
import { facts, table } from './markdown.ts'
import type { BenchResult } from './result.ts'

const RATES = [10_000, 100_000, 1_000_000]

/** @returns null when the benches that it is computed from have no result yet */
export function renderCapacityPage(results: readonly BenchResult[]): string | null {
  const costs = unitCosts(results)
  if (costs === null) return null
  return `# Capacity

Computed from \`docs/benchmarks/*.json\` by \`npm run bench\` (capacity, persist, queue, streams) and \`npm run soak\`; do not edit. The model is
loadtest/bench/capacity-model.ts.

## What one of each costs

CPU is each process's own, divided by the reservations of the same time, at the most that the machine did with everything on it. On a machine of
its own a component needs less: it is not pushed off its core by the others. So these are costs that were seen, not the least possible.

${facts(costRows(costs))}
${source(results)}
## What a rate needs

Reservations a second that are all new (201). Cores are filled to ${costs.fill * 100} %, so that a burst of seconds is answered within the objective; every
component has its own. Rates of one hot event meet one Redis core and one partition; of many events, all of them.

${table(
  [
    'reservations/s',
    'API',
    'workers',
    'Redis',
    'PostgreSQL',
    'Kafka',
    'cores in all',
    'machines of 16 cores',
    'installations',
  ],
  RATES.map((rate) => needsRow(needsFor(rate, costs))),
)}
Cores. Each API process uses one: WEB_CONCURRENCY of them a machine. Where more Redis cores are needed than there are partitions (${PARTITIONS}), the events are divided
among installations of the whole service.

## What is full first

${limits(costs)}
## Memory

${facts([
  ['a hold, in Redis', bytes(costs.bytesPerHold)],
  ['10,000 holds/s that live for ten minutes', gigabytes(costs.bytesPerHold, 6_000_000)],
  ...(costs.bytesPerIdempotencyKey === null ? [] : keyRows(costs.bytesPerIdempotencyKey)),
  ['a person who waits, in Redis', bytes(costs.bytesPerWaiting)],
  ['a million who wait', gigabytes(costs.bytesPerWaiting, 1_000_000)],
  ['an open stream, in the API', bytes(costs.bytesPerStream)],
  ['100,000 streams', gigabytes(costs.bytesPerStream, 100_000)],
])}`
}

function costRows({
  micros,
  persistRowsPerSecond,
  joinRedisMicros,
  pollApiMicros,
}: UnitCosts): [string, string][] {
  const µs = (value: number) => `${value.toFixed(0)} µs of CPU`
  return [
    ['a reservation, API', µs(micros.api)],
    ['… worker (persister, relay, expiry, audit)', µs(micros.worker)],
    ['… Redis', µs(micros.redis)],
    ['… PostgreSQL', µs(micros.postgres)],
    ['… Kafka', µs(micros.kafka)],
    ['rows a second of one persister, at best', persistRowsPerSecond.toFixed(0)],
    ['a join of a queue, Redis', µs(joinRedisMicros)],
    ['a poll of a position, API', µs(pollApiMicros)],
  ]
}

function keyRows(each: number): [string, string][] {
  return [
    ['an idempotency key, in Redis', bytes(each)],
    ['1,000 reservations/s with a key, each kept a day', gigabytes(each, 86_400_000)],
  ]
}

function needsRow({ rate, cores, machines, installations }: Needs): string[] {
  const { api, worker, redis, postgres, kafka } = cores
  const all = api + worker + redis + postgres + kafka
  const shown = [api, worker, redis, postgres, kafka, all].map((value) => value.toFixed(value < 10 ? 1 : 0))
  return [rate.toLocaleString('en'), ...shown, `${machines}`, `${installations}`]
}

function limits(costs: UnitCosts): string {
  const { micros, persistRowsPerSecond, fill } = costs
  const hot = (1e6 * fill) / micros.redis
  const processRate = (1e6 * fill) / micros.api
  const writes = (1e6 * fill * 16) / micros.postgres
  return `${table(
    ['limit', 'reservations/s', 'what moves it'],
    [
      [
        'one API process (one core)',
        processRate.toFixed(0),
        'WEB_CONCURRENCY, and more machines: they share nothing',
      ],
      [
        'one hot event: its partition is one Redis core',
        hot.toFixed(0),
        'nothing within one event but a faster core; its queue (release rate) keeps what comes below it. Zones sold as events of their own spread over partitions',
      ],
      [
        'many events on one Redis',
        hot.toFixed(0),
        `Redis Cluster: ${PARTITIONS} partitions by hash tag, up to as many primaries`,
      ],
      [
        `one installation: ${PARTITIONS} Redis primaries`,
        (hot * PARTITIONS).toFixed(0),
        'another installation beside it, with other events',
      ],
      [
        'one persister',
        persistRowsPerSecond.toFixed(0),
        'PERSIST_BATCH_MAX_ENTRIES; more partitions in use, more workers: a partition has one writer at a time',
      ],
      [
        'one PostgreSQL of 16 cores',
        writes.toFixed(0),
        'a larger machine, faster disks for its log; beyond that, databases by event. Sales do not wait for it: up to WAL_MAX_ENTRIES a partition may be behind',
      ],
    ],
  )}`
}

function source(results: readonly BenchResult[]): string {
  const used = results.filter(({ bench }) =>
    ['capacity', 'persist', 'queue', 'streams', 'soak'].includes(bench),
  )
  return `${used
    .map(
      ({ bench, date, machine, revision }) =>
        `${bench}: ${date.slice(0, 10)}, ${revision}, ${machine.cores} × ${machine.cpu}`,
    )
    .join('; ')}.
`
}

function bytes(value: number): string {
  return value < 10_000 ? `${value.toFixed(0)} B` : `${(value / 1000).toFixed(1)} kB`
}

function gigabytes(each: number, count: number): string {
  return `${((each * count) / 1e9).toFixed(2)} GB`
}
