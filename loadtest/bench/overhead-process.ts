/** The processes that `overhead-layers.ts` describes, and the loads that they get. */
import { resolve } from 'node:path'
import { resetData } from '../../src/commands/reset-data.ts'
import { freePort } from '../../src/devstack/port.ts'
import { type Layer, layers } from './overhead-layers.ts'
import type { BenchRun } from './plan.ts'
import { exactCpuSeconds } from './process-usage.ts'
import { openSale, writeReserveFiles } from './sale.ts'
import { type NodeProcess, type ServiceProcess, startNode } from './service-process.ts'
import type { Stage } from './stage.ts'
import { runWrk } from './wrk.ts'

const PATH = '/api/v1/bookings/reserve'
/** Well under what one process does, so that no layer is at its limit. */
export const STEADY_PER_SECOND = 1500
export const STEADY_CONNECTIONS = 32
/** Requests that were not done, of all; more are a defect. */
const MAX_FAILED = 0.01

/** Takes traces, and throws them away. @returns its address */
export async function startSink(stage: Stage, running: AsyncDisposableStack): Promise<string> {
  const port = await freePort()
  const sink = `http://127.0.0.1:${port}`
  running.adopt(
    await startNode({
      args: [script('trace-sink'), `${port}`],
      name: 'trace-sink',
      env: stage.env,
      healthUrl: `${sink}/health`,
      dir: stage.dir,
    }),
    (process) => process.stop(),
  )
  return sink
}

/** Sells one event, and forgets it: no layer pays for what another left in Redis. */
export async function resell(
  { plan }: BenchRun,
  stage: Stage,
  work: (scriptArgs: readonly string[]) => Promise<void>,
): Promise<void> {
  await resetData(stage.tools)
  const event = await openSale(stage, plan.zones)
  await work(writeReserveFiles(stage, event, plan.users))
}

/** @returns CPU of the process at the steady rate, µs a request */
export async function steadyLoad(
  run: BenchRun,
  server: NodeProcess,
  scriptArgs: readonly string[],
): Promise<number> {
  const before = exactCpuSeconds(server.pid)
  const args = [...scriptArgs, `${STEADY_PER_SECOND}`]
  const { requests } = await load(run, server, args, STEADY_CONNECTIONS, run.plan.seconds)
  return ((exactCpuSeconds(server.pid) - before) * 1e6) / requests
}

export async function load(
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

/** @returns it, with the address of its diagnostics where the layer has them */
export async function startLayer(
  stage: Stage,
  layer: Layer,
  sink: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<ServiceProcess> {
  const [port, diagnosticsPort] = [await freePort(), await freePort()]
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
      ...(layer.profiling && { DIAGNOSTICS_PORT: `${diagnosticsPort}`, DATA_DIR: stage.dir }),
      RATE_LIMIT_RESERVE_PER_SECOND: '0',
      // A full stream would refuse, and nobody persists meanwhile.
      WAL_MAX_ENTRIES: '2000000000',
      SHED_WAL_ENTRIES: '2000000000',
      // What is measured is the work, on a machine that may be busy with other things: nothing is refused for that.
      SHED_LOOP_DELAY_MS: '60000',
      SHED_MAX_IN_FLIGHT: '100000',
      REDIS_COMMAND_TIMEOUT_MS: '10000',
      ...(layer.sampleRatio !== null && tracingEnv(layer, sink)),
      ...settings,
    },
    healthUrl: `${url}/health`,
    dir: stage.dir,
  })
  return { ...started, url, diagnosticsUrl: `http://127.0.0.1:${diagnosticsPort}` }
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
