import { bestLevel, type CeilingMeasured, summarizeCeiling } from './ceiling.ts'
import { type CeilingSample, openCeiling } from './ceiling-load.ts'
import { ceilingLine, serviceLine } from './lines.ts'
import type { BenchRun } from './plan.ts'
import { openSale, writeReserveFiles } from './sale.ts'
import { type LoadSample, measureService } from './service-load.ts'
import { startService } from './service-process.ts'
import type { Stage } from './stage.ts'
import { type Spread, spreadBy, spreadOf } from './statistics.ts'
import { warmUp } from './warm-up.ts'

export interface CapacityMeasured {
  levels: LoadSample[]
  /** The counting level that did most, and what it did again in each round, between rounds of the ceiling. */
  connections: number
  rounds: LoadSample[]
  perSecond: Spread
  apiCpuMicros: Spread
  ceiling: CeilingMeasured
  /** Capacity through ceiling, round by round. */
  ratio: Spread
  apiRssMaxMb: number
}

const RESERVED = 'booking_reservations_total{outcome="reserved"}'
const PATH = '/api/v1/bookings/reserve'

/**
 * A closed loop against the service with everything on, beside the ceiling: A B A B, so that whatever else the machine does
 * meanwhile meets both.
 *
 * @throws when no level counts
 */
export async function measureCapacity(
  { plan, signal, say }: BenchRun,
  stage: Stage,
): Promise<CapacityMeasured> {
  const { seconds } = plan
  const event = await openSale(stage, plan.zones)
  const scriptArgs = writeReserveFiles(stage, event, plan.users)
  await using running = new AsyncDisposableStack()
  const worker = running.adopt(await startService(stage, 'worker'), (process) => process.stop())
  const api = running.adopt(await startService(stage, 'api'), (process) => process.stop())
  const ceiling = running.adopt(await openCeiling(stage, event, scriptArgs, signal), (server) =>
    server.stop(),
  )

  const target = {
    stage,
    api,
    worker,
    path: PATH,
    counter: RESERVED,
    script: 'reserve',
    scriptArgs,
    signal,
  } as const
  const measureLevel = async (connections: number): Promise<LoadSample> => {
    const sample = await measureService({ ...target, connections, seconds })
    say(serviceLine('capacity', sample))
    return sample
  }
  const measureCeilingLevel = async (connections: number): Promise<CeilingSample> => {
    const sample = await ceiling.measure(connections, seconds)
    say(ceilingLine(sample))
    return sample
  }

  say('  warming up')
  await warmUp(plan, (seconds) => ceiling.measure(plan.poolConnections, seconds))
  await warmUp(plan, (seconds) => measureService({ ...target, connections: plan.poolConnections, seconds }))

  const ceilingLevels: CeilingSample[] = []
  const levels: LoadSample[] = []
  for (const connections of plan.connections) {
    ceilingLevels.push(await measureCeilingLevel(connections))
    levels.push(await measureLevel(connections))
  }
  const best = bestLevel(levels.filter(({ faults }) => faults === ''))
  const bestOfCeiling = bestLevel(ceilingLevels)
  const ceilingRounds: CeilingSample[] = []
  const rounds: LoadSample[] = []
  for (let round = 0; round < plan.rounds; round++) {
    ceilingRounds.push(await measureCeilingLevel(bestOfCeiling))
    rounds.push(await measureLevel(best))
  }
  return summarize(
    levels,
    best,
    rounds,
    summarizeCeiling(ceilingLevels, bestOfCeiling, ceilingRounds),
    ceilingRounds,
  )
}

function summarize(
  levels: LoadSample[],
  connections: number,
  rounds: LoadSample[],
  ceiling: CeilingMeasured,
  ceilingRounds: readonly CeilingSample[],
): CapacityMeasured {
  // A round that does not count says nothing about what is possible; its ratio goes with it.
  const counting = rounds.flatMap((sample, i) => {
    const beside = ceilingRounds[i]
    return sample.faults === '' && beside ? [{ sample, ratio: sample.perSecond / beside.perSecond }] : []
  })
  if (counting.length === 0)
    throw new Error(`no round counts at ${connections} connections: see the lines above`)
  const samples = counting.map(({ sample }) => sample)
  return {
    levels,
    connections,
    rounds,
    perSecond: spreadBy(samples, ({ perSecond }) => perSecond),
    apiCpuMicros: spreadBy(samples, ({ cpuMicros }) => cpuMicros.api),
    ceiling,
    ratio: spreadOf(counting.map(({ ratio }) => ratio)),
    apiRssMaxMb: Math.max(...[...levels, ...rounds].map(({ apiRssMaxMb }) => apiRssMaxMb)),
  }
}
