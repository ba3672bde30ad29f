/** What each layer of the request path costs: the layers are processes of their own, loaded in turns, round after round. */
import { resolve } from 'node:path'
import { resetData } from '../../src/commands/reset-data.ts'
import { freePort } from '../../src/devstack/port.ts'
import { EVERYTHING, type Layer, layers, UNWATCHED } from './overhead-layers.ts'
import type { BenchRun } from './plan.ts'
import { exactCpuSeconds } from './process-usage.ts'
import { openSale, writeReserveFiles } from './sale.ts'
import { type NodeProcess, startNode } from './service-process.ts'
import type { Stage } from './stage.ts'
import { type Interval, pairedRatio, type Spread, spreadBy } from './statistics.ts'
import { warmUp } from './warm-up.ts'
import { runWrk } from './wrk.ts'

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

const PATH = '/api/v1/bookings/reserve'
/** Well under what one process does, so that no layer is at its limit. */
const STEADY_PER_SECOND = 1500
const STEADY_CONNECTIONS = 32
/** Requests that were not done, of all; more are a defect. */
const MAX_FAILED = 0.01

export async function measureOverhead(run: BenchRun, stage: Stage): Promise<OverheadMeasured> {
  const { plan, say } = run
  await using running = new AsyncDisposableStack()
  const sinkPort = await freePort()
  const sink = `http://127.0.0.1:${sinkPort}`
  running.adopt(
    await startNode({
      args: [script('trace-sink'), `${sinkPort}`],
      name: 'trace-sink',
      env: stage.env,
      healthUrl: `${sink}/health`,
      dir: stage.dir,
    }),
    (process) => process.stop(),
  )
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

/** Sells one event, and forgets it: no layer pays for what another left in Redis. */
async function resell(
  { plan }: BenchRun,
  stage: Stage,
  work: (scriptArgs: readonly string[]) => Promise<void>,
): Promise<void> {
  await resetData(stage.tools)
  const event = await openSale(stage, plan.zones)
  await work(writeReserveFiles(stage, event, plan.users))
}

async function measure(run: BenchRun, server: NodeProcess, scriptArgs: readonly string[]): Promise<Sample> {
  const { plan } = run
  const pauseMs = (STEADY_CONNECTIONS * 1000) / STEADY_PER_SECOND
  const before = exactCpuSeconds(server.pid)
  const steady = await load(run, server, [...scriptArgs, `${pauseMs}`], STEADY_CONNECTIONS, plan.seconds)
  const cpu = exactCpuSeconds(server.pid) - before
  const beforeFull = exactCpuSeconds(server.pid)
  const full = await load(run, server, scriptArgs, plan.poolConnections, plan.seconds)
  const fullCpu = exactCpuSeconds(server.pid) - beforeFull
  return {
    cpuMicros: (cpu * 1e6) / steady.requests,
    fullCpuMicros: (fullCpu * 1e6) / full.requests,
    perSecond: full.requests / full.seconds,
    p99Ms: full.p99_ms,
  }
}

async function load(
  { signal }: BenchRun,
  { url }: NodeProcess,
  scriptArgs: readonly string[],
  connections: number,
  seconds: number,
) {
  const wrk = await runWrk({ script: 'reserve', scriptArgs, url: url + PATH, connections, seconds, signal })
  const failed = wrk.not_2xx + wrk.socket_errors + wrk.timeouts
  if (failed > wrk.requests * MAX_FAILED)
    throw new Error(`${failed} of ${wrk.requests} requests to ${url} failed`)
  return wrk
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

async function startLayer(stage: Stage, layer: Layer, sink: string): Promise<NodeProcess> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const bare = [script('ceiling-server'), `${port}`, stage.config.REDIS_URL, NO_SHOW]
  const started = await startNode({
    args:
      layer === layers[0]
        ? bare
        : [...(layer.stock ? stockFlags : []), script('overhead-server'), layer.name],
    name: `overhead-${layer.name.replaceAll(/\W+/g, '-')}`,
    env: {
      ...stage.env,
      PORT: `${port}`,
      ...(layer.profiling && { DIAGNOSTICS_PORT: `${await freePort()}`, DATA_DIR: stage.dir }),
      RATE_LIMIT_RESERVE_PER_SECOND: '0',
      // A full stream would refuse, and nobody persists meanwhile.
      WAL_MAX_ENTRIES: '2000000000',
      SHED_WAL_ENTRIES: '2000000000',
      // What is measured is the work, on a machine that may be busy with other things: nothing is refused for that.
      SHED_LOOP_DELAY_MS: '60000',
      SHED_MAX_IN_FLIGHT: '100000',
      REDIS_COMMAND_TIMEOUT_MS: '10000',
      ...(layer.sampleRatio !== null && tracingEnv(layer, sink)),
    },
    healthUrl: `${url}/health`,
    dir: stage.dir,
  })
  return { ...started, url }
}

/** The bare server has no catalogue to look a show up in; Redis takes any. */
const NO_SHOW = '00000000-0000-7000-8000-000000000000'

/** As its page says: https://www.npmjs.com/package/@opentelemetry/auto-instrumentations-node, and the hook for modules that are imported. */
const stockFlags = [
  '--experimental-loader=@opentelemetry/instrumentation/hook.mjs',
  '--import=@opentelemetry/auto-instrumentations-node/register',
]

function tracingEnv({ sampleRatio, stock }: Layer, sink: string): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: sink,
    TRACES_SAMPLE_RATIO: `${sampleRatio}`,
    TRACES_MAX_PER_SECOND: '1000000',
    ...(stock && {
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: `${sampleRatio}`,
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
    }),
  }
}

function script(name: string): string {
  return resolve(import.meta.dirname, `${name}.ts`)
}

function sampleLine(name: string, { cpuMicros, fullCpuMicros, perSecond, p99Ms }: Sample): string {
  return `  ${name.padEnd(14)} ${cpuMicros.toFixed(0).padStart(5)} µs a request at ${STEADY_PER_SECOND}/s; ${perSecond.toFixed(0).padStart(6)}/s at most, ${fullCpuMicros.toFixed(0).padStart(4)} µs each, p99 ${p99Ms.toFixed(1)} ms`
}
