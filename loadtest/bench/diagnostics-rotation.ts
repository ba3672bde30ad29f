/**
 * How long turning a window of continuous profiling over stalls the API, as it is set by itself. Several API processes serve a steady load
 * side by side, so that some hundred windows do not take hours.
 */
import { spawnSync } from 'node:child_process'
import { resetData } from '../../src/commands/reset-data.ts'
import type { BenchRun } from './plan.ts'
import { openSale, writeReserveFiles } from './sale.ts'
import { type ServiceProcess, startService } from './service-process.ts'
import type { Stage } from './stage.ts'
import { runWrk } from './wrk.ts'

export interface RotationMeasured {
  processes: number
  /** Requests a second of each process. */
  perSecond: number
  rotations: number
  p50Ms: number
  p95Ms: number
  p99Ms: number
  maxMs: number
  /** CPU time of the main thread within that: what of the stall is not waiting for a processor. */
  cpuP50Ms: number
  cpuP99Ms: number
}

interface Window {
  endedMs: number
  stallMs: number
  cpuMs: number
}

const PATH = '/api/v1/bookings/reserve'
const PROCESSES = 10
const PER_SECOND = 100
const CONNECTIONS = 8
const SECONDS = 450
/** Two windows of one process. */
const QUICK = { processes: 1, seconds: 45 }

/** A full stream would refuse, and nobody persists meanwhile. */
const settings = {
  RATE_LIMIT_RESERVE_PER_SECOND: '0',
  WAL_MAX_ENTRIES: '2000000000',
  SHED_WAL_ENTRIES: '2000000000',
}

export async function measureRotation(
  { plan, say, signal }: BenchRun,
  stage: Stage,
): Promise<RotationMeasured> {
  const isQuick = plan.rounds === 1
  const { processes, seconds } = isQuick ? QUICK : { processes: PROCESSES, seconds: SECONDS }
  await using running = new AsyncDisposableStack()
  const apis: ServiceProcess[] = []
  for (let index = 0; index < processes; index++) {
    const api = await startService(stage, 'api', settings)
    apis.push(running.adopt(api, (process) => process.stop()))
  }
  await resetData(stage.tools)
  const event = await openSale(stage, plan.zones)
  const scriptArgs = [...writeReserveFiles(stage, event, plan.users), `${PER_SECOND}`]
  say(`  ${processes} processes for ${seconds} s`)
  const begunMs = Date.now()
  const loads = await Promise.all(
    apis.map(({ url }) =>
      runWrk({ script: 'reserve', scriptArgs, url: url + PATH, connections: CONNECTIONS, seconds, signal }),
    ),
  )
  const windows = (await Promise.all(apis.map((api) => readWindows(api, begunMs)))).flat()
  await resetData(stage.tools)
  const stall = quantiles(windows.map(({ stallMs }) => stallMs))
  const cpu = quantiles(windows.map(({ cpuMs }) => cpuMs))
  return {
    processes,
    perSecond: loads.reduce((sum, { requests }) => sum + requests, 0) / seconds / processes,
    rotations: windows.length,
    p50Ms: stall(0.5),
    p95Ms: stall(0.95),
    p99Ms: stall(0.99),
    maxMs: stall(1),
    cpuP50Ms: cpu(0.5),
    cpuP99Ms: cpu(0.99),
  }
}

function quantiles(values: number[]): (ratio: number) => number {
  const sorted = values.sort((one, other) => one - other)
  return (ratio) => sorted[Math.ceil(sorted.length * ratio) - 1] ?? Number.NaN
}

/** From the manifest of the flight recorder, of those under load; the last window is what the question itself turned over. */
async function readWindows({ diagnosticsUrl }: ServiceProcess, begunMs: number): Promise<Window[]> {
  const response = await fetch(`${diagnosticsUrl}/debug/flight?seconds=600`)
  if (!response.ok) throw new Error(`the flight recorder answered ${response.status}`)
  const input = new Uint8Array(await response.arrayBuffer())
  const { stdout } = spawnSync('tar', ['xzOf', '-', 'manifest.json'], { input, encoding: 'utf8' })
  const { windows } = JSON.parse(stdout) as { windows: Window[] }
  return windows.slice(0, -1).filter(({ endedMs }) => endedMs > begunMs)
}
