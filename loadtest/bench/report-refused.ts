import { spread, table, verdict } from './markdown.ts'
import type { RefusedMeasured } from './refused.ts'

const RATE_TARGET = 10_000
const SERVER_P99_TARGET_MS = 5

export function renderRefused({ connections, cases }: RefusedMeasured): string {
  const [soldOut] = cases
  const judged = soldOut
    ? `Sold out: **${spread(soldOut.perSecond)} answers per second** (${verdict(soldOut.perSecond, RATE_TARGET, 'at least')}),
in the server p99 **${spread(soldOut.serverP99Ms, 1)} ms** (${verdict(soldOut.serverP99Ms, SERVER_P99_TARGET_MS, 'below')}).`
    : ''
  return `Reservations that are refused, with everything on, ${connections} connections, one API process. ${judged}
A case counts only when nearly all of its answers were that refusal and not one reservation was written. In the server: from the
first byte of a request to the last of its answer, by the histogram that the service shows.

${table(
  [
    'refused',
    'status',
    'per second',
    'p50 ms',
    'p99 ms',
    'in the server p99 ms',
    'API µs an answer',
    'remarks',
  ],
  cases.map((one) => [
    one.name,
    String(one.status),
    spread(one.perSecond),
    spread(one.p50Ms, 1),
    spread(one.p99Ms, 1),
    spread(one.serverP99Ms, 1),
    spread(one.apiCpuMicros),
    one.faults || '–',
  ]),
)}`
}
