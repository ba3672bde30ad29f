import type { CrowdMeasured } from './crowd.ts'
import { spread, table, verdict } from './markdown.ts'
import type { QueueMeasured, RequestSpread } from './queue.ts'
import type { Spread } from './statistics.ts'
import type { StreamsMeasured } from './streams.ts'

const JOINS_TARGET = 10_000
const RSS_TARGET_MB = 400
const TICK_TARGET_MS = 100
const DELIVERY_TARGET_MS = 1500
const TARGET_STREAMS = 10_000

export function renderQueue(measured: QueueMeasured): string {
  const { waiting, connections, scriptJoinsPerSecond, bytesPerWaiting, joins, polls, rate } = measured
  const off = ((rate.measured - rate.set) / rate.set) * 100
  return `With **${waiting}** people waiting. Joins over HTTP: **${spread(joins.perSecond)} a second**
(${verdict(joins.perSecond, JOINS_TARGET, 'at least')}) with one API process and ${connections} connections; by the script alone, from
one process over one connection: ${scriptJoinsPerSecond.toFixed(0)} a second. Somebody who waits takes **${bytesPerWaiting.toFixed(0)} bytes** of Redis.
Set to ${rate.set} a second, a worker let in **${rate.measured.toFixed(1)} a second** over ${rate.seconds.toFixed(1)} s (${off.toFixed(2)} %), with Redis at
${rate.redisCpuPercent.toFixed(1)} % of a core.

${table(
  ['request', 'per second', 'p50 ms', 'p99 ms', 'API µs', 'Redis µs', 'failed'],
  [row('join', joins), row('position', polls)],
)}`
}

function row(name: string, requests: RequestSpread): string[] {
  const { perSecond, p50Ms, p99Ms, apiCpuMicros, redisCpuMicros, failed } = requests
  return [
    name,
    spread(perSecond),
    spread(p50Ms, 1),
    spread(p99Ms, 1),
    spread(apiCpuMicros),
    spread(redisCpuMicros),
    `${failed}`,
  ]
}

export function renderStreams({ levels }: StreamsMeasured): string {
  const target = levels.find(({ streams }) => streams === TARGET_STREAMS)
  const one = (value: number): Spread => ({ median: value, min: value, max: value })
  const judged = target
    ? `With ${TARGET_STREAMS} streams: resident memory **${target.apiRssMb.toFixed(0)} MB** (${verdict(one(target.apiRssMb), RSS_TARGET_MB, 'below')}),
**${target.tickCpuMs.toFixed(0)} ms** of CPU a tick (${verdict(one(target.tickCpuMs), TICK_TARGET_MS, 'below')}), passes there after p99 **${target.deliveryP99Ms} ms**
(${verdict(one(target.deliveryP99Ms), DELIVERY_TARGET_MS, 'below')}).`
    : ''
  return `Streams of positions, all open in one API process; a tick a second, and everybody's position moves in each. ${judged}
CPU a tick is all that the process used in that time, shared out over the ticks. A pass's time runs from its release in Redis to its
arrival at the client, over the same clock. The clients and the stores take their CPU from the same cores.

${table(
  [
    'streams',
    'open after s',
    'RSS MB',
    'CPU ms a tick',
    'positions/s',
    'passes',
    'p50 ms',
    'p99 ms',
    'max ms',
    'remarks',
  ],
  levels.map((level) => [
    String(level.streams),
    level.openSeconds.toFixed(1),
    level.apiRssMb.toFixed(0),
    level.tickCpuMs.toFixed(0),
    level.positionsPerSecond.toFixed(0),
    String(level.passes),
    String(level.deliveryP50Ms),
    String(level.deliveryP99Ms),
    String(level.deliveryMaxMs),
    level.faults || '–',
  ]),
)}`
}

export function renderCrowd(measured: CrowdMeasured): string {
  const { people, seats, endings, ratePerSecond, joinedPerSecond, seconds, maxDisorderMs, tickMs } = measured
  const { cameBack, confirmedInPostgres, succeededPayments, faults } = measured
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ') || 'none'
  const order = maxDisorderMs <= tickMs ? 'kept' : '**not kept**'
  return `**${people}** people for ${seats} seats: each joins, watches the stream, gets a pass, books, pays (one in twenty is declined first, one
in ten is confirmed by the provider's webhook) and has a ticket or finds it sold out. One API process, one worker.
${faults === '' ? 'Everybody ended as they should' : `**It does not count: ${faults}**`}.

${table(
  ['', 'measured'],
  [
    ['ended', list(endings)],
    ['joined', `${joinedPerSecond.toFixed(0)} a second`],
    ['let in', `${ratePerSecond} a second`],
    ['all over after', `${seconds.toFixed(0)} s`],
    [
      'order of arrival',
      `${order}: at most ${maxDisorderMs.toFixed(0)} ms out of order, a tick is ${tickMs} ms`,
    ],
    ['confirmed bookings', String(confirmedInPostgres)],
    ['their payments, one each', String(succeededPayments)],
    ['asked to come back', list(cameBack)],
  ],
)}`
}
