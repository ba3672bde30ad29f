import type { CapacityMeasured } from './capacity.ts'
import type { CeilingMeasured } from './ceiling.ts'
import { spread, table, verdict } from './markdown.ts'
import type { LoadSample } from './service-load.ts'

const RATIO_TARGET = 0.45
const RSS_TARGET_MB = 250
const RSS_RATE = 10_000

export function renderCeiling({ levels, connections, perSecond, serverCpuMicros }: CeilingMeasured): string {
  return `Bare Fastify and one call of reserve.lua for each request: no token, no schema, no metrics, nothing behind Redis. The service
divides by it. At ${connections} connections it did **${spread(perSecond)} per second**, with ${spread(serverCpuMicros)} µs of CPU a request in
its process.

${table(
  ['connections', 'per second', 'p50 ms', 'p95 ms', 'p99 ms', 'server µs', 'Redis µs', 'wrk µs'],
  levels.map((level) => [
    String(level.connections),
    level.perSecond.toFixed(0),
    ...[level.p50Ms, level.p95Ms, level.p99Ms].map((ms) => ms.toFixed(1)),
    ...[level.cpuMicros.server, level.cpuMicros.redis, level.cpuMicros.wrk].map((micros) =>
      micros.toFixed(0),
    ),
  ]),
)}`
}

export function renderCapacity(measured: CapacityMeasured): string {
  const { connections, perSecond, ceiling, ratio, apiCpuMicros, rounds } = measured
  const counting = rounds.filter(({ faults }) => faults === '').length
  // Rounds that were left out are not a success: what they would have shown is not known.
  const ratioVerdict =
    counting === rounds.length
      ? verdict(ratio, RATIO_TARGET, 'at least')
      : `target at least ${RATIO_TARGET}: **not decided**, ${rounds.length - counting} of ${rounds.length} rounds do not count`
  return `Reservations with everything on, and behind them the worker: persister, relay to Kafka, expiry, audit. At ${connections} connections
**${spread(perSecond)} reservations per second** (201, counted by the service itself), in turns with the ceiling of
${spread(ceiling.perSecond)}: **ratio ${spread(ratio, 2)}** (${ratioVerdict}). The API took
${spread(apiCpuMicros)} µs of CPU a reservation, the ceiling's process ${spread(ceiling.serverCpuMicros)}. ${counting} of ${rounds.length} rounds
count; these numbers are theirs.

A level counts only when PostgreSQL was less than 1 s behind throughout, and the write-ahead streams and the outbox were empty at most
10 s after the load. CPU of each process in µs a reservation, until they were empty:

${table(
  [
    'connections',
    '201/s',
    'p50 ms',
    'p95 ms',
    'p99 ms',
    'api',
    'worker',
    'postgres',
    'redis',
    'kafka',
    'wrk',
    'lag s',
    'empty after s',
    'rows a batch',
    'API MB',
    'failed',
    'counts',
  ],
  [...measured.levels, ...measured.rounds].map(levelRow),
)}
${memoryLine(measured)}
`
}

function levelRow(level: LoadSample): string[] {
  const { cpuMicros } = level
  return [
    String(level.connections),
    level.perSecond.toFixed(0),
    ...[level.p50Ms, level.p95Ms, level.p99Ms].map((ms) => ms.toFixed(1)),
    ...[
      cpuMicros.api,
      cpuMicros.worker,
      cpuMicros.postgres,
      cpuMicros.redis,
      cpuMicros.kafka,
      cpuMicros.wrk,
    ].map((micros) => micros.toFixed(0)),
    level.maxLagSeconds.toFixed(2),
    level.drainedAfterSeconds.toFixed(1),
    level.persistBatchMean.toFixed(0),
    level.apiRssMaxMb.toFixed(0),
    String(level.failed),
    level.faults === '' ? 'yes' : level.faults,
  ]
}

/** The target is for 10,000 a second: less memory at a lower rate proves nothing, more of it is a miss at any. */
function memoryLine({ levels, rounds, apiRssMaxMb }: CapacityMeasured): string {
  const fastest = Math.max(...[...levels, ...rounds].map(({ perSecond }) => perSecond))
  const held = `The API held at most ${apiRssMaxMb.toFixed(0)} MB, at up to ${fastest.toFixed(0)} reservations per second.`
  const target = `below ${RSS_TARGET_MB} MB at ${RSS_RATE} per second`
  if (apiRssMaxMb >= RSS_TARGET_MB) return `${held} Target ${target}: **missed**.`
  return fastest >= RSS_RATE
    ? `${held} Target ${target}: reached.`
    : `${held} Target ${target}: **not decided**, that rate was not reached on this machine.`
}
