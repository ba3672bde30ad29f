import type { Reading, SoakMeasured } from '../soak/measured.ts'
import { table } from './markdown.ts'

const MIB = 2 ** 20
const mib = (bytes: number) => (bytes / MIB).toFixed(1)

export function renderSoak(measured: SoakMeasured): string {
  const { rate, reads, seconds, holdSeconds, rounds, before, judgements } = measured
  const faults = judgements.filter(({ held }) => !held)
  const readings = [before, ...rounds.map(({ reading }) => reading)]
  const last = readings.at(-1) ?? before
  return `\`npm run soak\`, because of its length not among the others: ${rounds.length} loads of ${seconds} s at ${rate} requests a second asked for on one service, with the
same people: ${rate - reads} reservations and ${reads} looks at the free seats. Nineteen reservations in twenty have an idempotency key and are left to expire after ${holdSeconds} s; of the rest some are paid and confirmed, some given
back. After each load everything rests until no seat is held, the stream and the outbox are empty and every consumer has caught up. Then the
garbage of both processes is collected, and everything is weighed. Before the first load there was a short one.

The last load added to the one before it **${faults.length === 0 ? 'nothing that its live data does not explain' : faults.map(({ what }) => what).join('; ')}**.

${table(
  [
    'load',
    'reservations',
    'a second',
    'p99 ms',
    'looks a second',
    'API MiB at most',
    'PostgreSQL behind s',
    'over after s',
  ],
  rounds.map(({ load, restSeconds }, i) => [
    `${i + 1}`,
    `${load.acknowledged.reserved}`,
    load.perSecond.toFixed(0),
    load.p99Ms.toFixed(1),
    load.readsPerSecond.toFixed(0),
    mib(load.apiRssMaxBytes),
    load.maxLagSeconds.toFixed(2),
    restSeconds.toFixed(0),
  ]),
)}
Memory in MiB, at rest:

${table(['', 'before', ...rounds.map((_, i) => `after ${i + 1}`)], memoryRows(readings))}
Keys of Redis:

${table(
  ['kind', ...columns(rounds.length), 'bytes each'],
  Object.entries(last.redis.kinds).map(([kind, { keys, bytes }]) => [
    kind,
    ...readings.map(({ redis }) => `${redis.kinds[kind]?.keys ?? 0}`),
    (bytes / Math.max(1, keys)).toFixed(0),
  ]),
)}
What is kept on the disk, rows or messages and MiB:

${table(['', ...columns(rounds.length), 'bytes each'], diskRows(readings, last))}
Whether the last load added anything to the one before it:

${table(
  ['', 'verdict', 'measured'],
  judgements.map(({ what, why, held }) => [what, held ? 'nothing' : '**grew**', why]),
)}`
}

function columns(rounds: number): string[] {
  return ['before', ...Array.from({ length: rounds }, (_, i) => `after ${i + 1}`)]
}

function memoryRows(readings: readonly Reading[]): string[][] {
  const row = (name: string, bytesOf: (reading: Reading) => number) => [
    name,
    ...readings.map((reading) => mib(bytesOf(reading))),
  ]
  const keysOf = ({ redis }: Reading) => Object.values(redis.kinds).reduce((sum, { bytes }) => sum + bytes, 0)
  return [
    row('API, resident', ({ api }) => api.rssBytes),
    row('API, heap in use', ({ api }) => api.heapUsedBytes),
    row('API, external', ({ api }) => api.externalBytes),
    row('worker, resident', ({ worker }) => worker.rssBytes),
    row('worker, heap in use', ({ worker }) => worker.heapUsedBytes),
    row('worker, external', ({ worker }) => worker.externalBytes),
    row('Redis, resident', ({ redis }) => redis.rssBytes),
    row('Redis, used', ({ redis }) => redis.usedBytes),
    row('… keys with their values', keysOf),
    row('… tables of the keys', ({ redis }) => redis.tablesBytes),
    row('… server, connections, scripts', ({ redis }) => redis.overheadBytes),
    row('… not explained', ({ redis }) => redis.unexplainedBytes),
    row('PostgreSQL, shared counted once', ({ postgres }) => postgres.pssBytes),
    row('Kafka, resident', ({ kafka }) => kafka.rssBytes),
  ]
}

function diskRows(readings: readonly Reading[], { postgres, kafka }: Reading): string[][] {
  const each = (bytes: number, count: number) => (count > 0 ? (bytes / count).toFixed(0) : '–')
  return [
    ...Object.entries(postgres.tables).map(([name, { rows, bytes }]) => [
      name,
      ...readings.map(
        ({ postgres: { tables } }) => `${tables[name]?.rows}, ${mib(tables[name]?.bytes ?? 0)}`,
      ),
      each(bytes, rows),
    ]),
    ["PostgreSQL's log", ...readings.map((reading) => mib(reading.postgres.walBytes)), '–'],
    ...Object.entries(kafka.topics).map(([name, { messages, bytes }]) => [
      `Kafka: ${name}`,
      ...readings.map(
        ({ kafka: { topics } }) => `${topics[name]?.messages}, ${mib(topics[name]?.bytes ?? 0)}`,
      ),
      each(bytes, messages),
    ]),
    ['Kafka, all', ...readings.map((reading) => mib(reading.kafka.diskBytes)), '–'],
  ]
}
