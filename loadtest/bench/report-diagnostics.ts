import type { DiagnosticsMeasured } from './diagnostics.ts'
import type { ContinuousMeasured } from './diagnostics-continuous.ts'
import { table } from './markdown.ts'
import type { Interval } from './statistics.ts'

const STACK_P99_MS = 50
const STALL_P99_MS = 20
const CONTINUOUS_RATIO = 1.03

export function renderDiagnostics({ stacks, rotation, continuous }: DiagnosticsMeasured): string {
  const ms = (value: number) => value.toFixed(1)
  return `\`/debug/stacks\` asked again and again while the event loop is blocked by JavaScript (target: p99 at most ${STACK_P99_MS} ms). Beside it a
page that the diagnostics thread answers alone: what that takes is the machine's. Watching for blocks costs the main thread
${ms(stacks.mainMsPerSecond)} ms of CPU a second, and the thread beside it ${ms(stacks.besideMsPerSecond)} ms.

${table(
  ['blocked for', 'asked', 'p50 ms', 'p99 ms', 'max ms', 'without a stack p99 ms', 'target'],
  stacks.blocks.map(({ blockMs, asks, p50Ms, p99Ms, maxMs, floorP99Ms }) => [
    `${blockMs / 1000} s`,
    String(asks),
    ms(p50Ms),
    ms(p99Ms),
    ms(maxMs),
    ms(floorP99Ms),
    p99Ms <= STACK_P99_MS ? 'met' : 'missed',
  ]),
)}
Turning a window of continuous profiling over, ${rotation.processes} API processes at ${rotation.perSecond.toFixed(0)} reservations a second each,
${rotation.rotations} windows: the main thread stalls p50 ${ms(rotation.p50Ms)}, p95 ${ms(rotation.p95Ms)}, p99 **${ms(rotation.p99Ms)} ms**
(target at most ${STALL_P99_MS}: ${rotation.p99Ms <= STALL_P99_MS ? 'met' : 'missed'}), at most ${ms(rotation.maxMs)}; of that its own CPU p50
${ms(rotation.cpuP50Ms)}, p99 ${ms(rotation.cpuP99Ms)}, the rest is waiting for a processor.
${continuous ? continuousText(continuous) : ''}`
}

function continuousText({ perSecond, rounds, cpuMicros, ratio, watches }: ContinuousMeasured): string {
  const interval = ({ mean, low, high }: Interval) =>
    `${mean.toFixed(3)} (${low.toFixed(3)} … ${high.toFixed(3)})`
  const decided =
    ratio.high <= CONTINUOUS_RATIO ? 'met' : ratio.low > CONTINUOUS_RATIO ? 'missed' : 'not decided'
  const looks = watches.map(({ name, ratio: one }) => `${name} ${interval(one)}`).join(', ')
  return `
Continuous profiling of the API with everything else on, at ${perSecond} reservations a second, ${rounds} pairs in turns: ${cpuMicros.median.toFixed(0)} µs
of CPU a reservation without it, with it times **${interval(ratio)}** (target at most ${CONTINUOUS_RATIO}: ${decided}). While a rule watches, against
the one with continuous profiling alone: ${looks}.
`
}
