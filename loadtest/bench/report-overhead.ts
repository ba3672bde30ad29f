import { spread, table } from './markdown.ts'
import type { OverheadLayer, OverheadMeasured } from './overhead.ts'
import type { Interval } from './statistics.ts'

/** Of the design's page on telemetry. */
const CPU_AT_MOST = 1.08
const THROUGHPUT_AT_LEAST = 0.92

export function renderOverhead(measured: OverheadMeasured): string {
  const { layers, unwatched, everything } = measured
  const all = layers.find(({ name }) => name === everything)
  return `The request path of a reservation, its layers put on one after the other; each is a process of its own, loaded in turns. CPU is the
process's own at a steady ${measured.perSecond} requests a second over ${measured.steadyConnections} connections; throughput is what
${measured.connections} connections get. A ratio compares a layer with \`${unwatched}\` of the same round (the service as it would be if
nobody watched it): the mean over the rounds with its 95 % interval. ${all ? judged(all) : ''}

${table(
  [
    'layer',
    'what it has',
    'µs a request',
    `CPU, ratio to ${unwatched}`,
    'µs at full load',
    'CPU at full load, ratio',
    'per second',
    `throughput, ratio to ${unwatched}`,
    'p99 ms',
  ],
  layers.map((layer) => [
    layer.name,
    layer.adds,
    spread(layer.cpuMicros),
    interval(layer.cpuRatio),
    layer.fullCpuMicros ? spread(layer.fullCpuMicros) : '–',
    layer.fullCpuRatio ? interval(layer.fullCpuRatio) : '–',
    spread(layer.perSecond),
    interval(layer.throughputRatio),
    spread(layer.p99Ms, 1),
  ]),
)}`
}

function judged({ cpuRatio, fullCpuRatio, throughputRatio }: OverheadLayer): string {
  return `Everything on: CPU **${interval(cpuRatio)}** (target at most ${CPU_AT_MOST}: ${verdict(cpuRatio, CPU_AT_MOST, -1)})${fullCpuRatio ? `, at full load **${interval(fullCpuRatio)}** (${verdict(fullCpuRatio, CPU_AT_MOST, -1)})` : ''}, throughput
**${interval(throughputRatio)}** (target at least ${THROUGHPUT_AT_LEAST}: ${verdict(throughputRatio, THROUGHPUT_AT_LEAST, 1)}).`
}

/** @param direction 1: more is better */
function verdict({ mean, low, high }: Interval, target: number, direction: 1 | -1): string {
  const met = (mean - target) * direction >= 0
  const decided = low > target || high < target
  return `${met ? 'met' : 'missed'}${decided ? '' : ', not decided: it lies in the interval'}`
}

function interval({ mean, low, high }: Interval): string {
  return `${mean.toFixed(3)} (${low.toFixed(3)} … ${high.toFixed(3)})`
}
