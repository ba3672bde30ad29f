/** What each layer of the request path costs: the layers are processes of their own, loaded in turns, round after round. */
import { resetData } from '../../src/commands/reset-data.ts'
import { EVERYTHING, type Layer, layers, UNWATCHED } from './overhead-layers.ts'
import {
  load,
  resell,
  STEADY_CONNECTIONS,
  STEADY_PER_SECOND,
  startLayer,
  startSink,
  steadyLoad,
} from './overhead-process.ts'
import type { BenchRun } from './plan.ts'
import { exactCpuSeconds } from './process-usage.ts'
import type { NodeProcess } from './service-process.ts'
import type { Stage } from './stage.ts'
import { type Interval, pairedRatio, type Spread, spreadBy } from './statistics.ts'
import { warmUp } from './warm-up.ts'

export interface OverheadLayer {
  name: string
  adds: string
  /** CPU of the process at the steady rate, µs a request. */
  cpuMicros: Spread
  /** The same in pairs with the layer that nobody watches, of the same round. */
  cpuRatio: Interval
  /** The same with as many requests as it takes: less is spent on waking up, and so less is noise. Earlier results do not have it. */
  fullCpuMicros?: Spread
  fullCpuRatio?: Interval
  /** With as many requests as it takes. */
  perSecond: Spread
  throughputRatio: Interval
  p99Ms: Spread
}

export interface OverheadMeasured {
  perSecond: number
  steadyConnections: number
  connections: number
  unwatched: string
  everything: string
  layers: OverheadLayer[]
}

interface Sample {
  cpuMicros: number
  fullCpuMicros: number
  perSecond: number
  p99Ms: number
}

interface Running {
  layer: Layer
  server: NodeProcess
  samples: Sample[]
}

export async function measureOverhead(run: BenchRun, stage: Stage): Promise<OverheadMeasured> {
  const { plan, say } = run
  await using running = new AsyncDisposableStack()
  const sink = await startSink(stage, running)
  const cases: Running[] = []
  for (const layer of layers) {
    const server = running.adopt(await startLayer(stage, layer, sink), (process) => process.stop())
    cases.push({ layer, server, samples: [] })
  }

  say('  warming up')
  await resell(run, stage, async (scriptArgs) => {
    for (const { server } of cases) {
      await warmUp(plan, async (seconds) => {
        const { requests } = await load(run, server, scriptArgs, plan.poolConnections, seconds)
        return { perSecond: requests / seconds }
      })
    }
  })
  for (let round = 0; round < plan.rounds; round++) {
    // Each round begins with another layer: what the machine does meanwhile falls on all alike.
    const turned = [...cases.slice(round % cases.length), ...cases.slice(0, round % cases.length)]
    await resell(run, stage, async (scriptArgs) => {
      for (const one of turned) {
        const sample = await measure(run, one.server, scriptArgs)
        one.samples.push(sample)
        say(sampleLine(one.layer.name, sample))
      }
    })
  }
  await resetData(stage.tools)
  return summary(plan.poolConnections, cases)
}

async function measure(run: BenchRun, server: NodeProcess, scriptArgs: readonly string[]): Promise<Sample> {
  const { plan } = run
  const cpuMicros = await steadyLoad(run, server, scriptArgs)
  const beforeFull = exactCpuSeconds(server.pid)
  const full = await load(run, server, scriptArgs, plan.poolConnections, plan.seconds)
  const fullCpu = exactCpuSeconds(server.pid) - beforeFull
  return {
    cpuMicros,
    fullCpuMicros: (fullCpu * 1e6) / full.requests,
    perSecond: full.requests / full.seconds,
    p99Ms: full.p99_ms,
  }
}

function summary(connections: number, cases: readonly Running[]): OverheadMeasured {
  const base = cases.find(({ layer }) => layer.name === UNWATCHED)?.samples ?? []
  const ratio = (samples: readonly Sample[], value: (sample: Sample) => number) =>
    pairedRatio(
      samples.map((sample, round) => ({ value: value(sample), base: value(base[round] as Sample) })),
    )
  return {
    perSecond: STEADY_PER_SECOND,
    steadyConnections: STEADY_CONNECTIONS,
    connections,
    unwatched: UNWATCHED,
    everything: EVERYTHING,
    layers: cases.map(({ layer, samples }) => ({
      name: layer.name,
      adds: layer.adds,
      cpuMicros: spreadBy(samples, ({ cpuMicros }) => cpuMicros),
      cpuRatio: ratio(samples, ({ cpuMicros }) => cpuMicros),
      fullCpuMicros: spreadBy(samples, ({ fullCpuMicros }) => fullCpuMicros),
      fullCpuRatio: ratio(samples, ({ fullCpuMicros }) => fullCpuMicros),
      perSecond: spreadBy(samples, ({ perSecond }) => perSecond),
      throughputRatio: ratio(samples, ({ perSecond }) => perSecond),
      p99Ms: spreadBy(samples, ({ p99Ms }) => p99Ms),
    })),
  }
}

function sampleLine(name: string, { cpuMicros, fullCpuMicros, perSecond, p99Ms }: Sample): string {
  return `  ${name.padEnd(14)} ${cpuMicros.toFixed(0).padStart(5)} µs a request at ${STEADY_PER_SECOND}/s; ${perSecond.toFixed(0).padStart(6)}/s at most, ${fullCpuMicros.toFixed(0).padStart(4)} µs each, p99 ${p99Ms.toFixed(1)} ms`
}
