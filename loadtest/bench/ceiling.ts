import { type CeilingSample, openCeiling } from './ceiling-load.ts'
import { ceilingLine } from './lines.ts'
import type { BenchRun } from './plan.ts'
import { openSale, writeReserveFiles } from './sale.ts'
import type { Stage } from './stage.ts'
import { type Spread, spreadBy } from './statistics.ts'
import { warmUp } from './warm-up.ts'

export interface CeilingMeasured {
  levels: CeilingSample[]
  /** The level that did most, and what it did again in each round. */
  connections: number
  perSecond: Spread
  serverCpuMicros: Spread
}

/** What this machine can do at most: every number of connections, then the best of them again for each round. */
export async function measureCeiling(
  { plan, signal, say }: BenchRun,
  stage: Stage,
): Promise<CeilingMeasured> {
  const event = await openSale(stage, plan.zones)
  const ceiling = await openCeiling(stage, event, writeReserveFiles(stage, event, plan.users), signal)
  try {
    const measure = async (connections: number): Promise<CeilingSample> => {
      const sample = await ceiling.measure(connections, plan.seconds)
      say(ceilingLine(sample))
      return sample
    }
    await warmUp(plan, (seconds) => ceiling.measure(plan.poolConnections, seconds))
    const levels: CeilingSample[] = []
    for (const connections of plan.connections) levels.push(await measure(connections))
    const best = bestLevel(levels)
    const rounds: CeilingSample[] = []
    for (let round = 0; round < plan.rounds; round++) rounds.push(await measure(best))
    return summarizeCeiling(levels, best, rounds)
  } finally {
    await ceiling.stop()
  }
}

/** The number of connections that did most. @throws when there is none */
export function bestLevel(levels: readonly { connections: number; perSecond: number }[]): number {
  const best = levels.toSorted((a, b) => b.perSecond - a.perSecond)[0]
  if (!best) throw new Error('no level counts: PostgreSQL or Kafka did not keep up at any of them')
  return best.connections
}

export function summarizeCeiling(
  levels: CeilingSample[],
  connections: number,
  rounds: readonly CeilingSample[],
): CeilingMeasured {
  return {
    levels,
    connections,
    perSecond: spreadBy(rounds, (sample) => sample.perSecond),
    serverCpuMicros: spreadBy(rounds, (sample) => sample.cpuMicros.server),
  }
}
