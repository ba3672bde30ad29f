import { join } from 'node:path'
import { serviceLine } from './lines.ts'
import type { BenchRun } from './plan.ts'
import { confirmLoad, forgetUnusedPayments, reserveLoad } from './pool-loads.ts'
import { openSale } from './sale.ts'
import { type LoadSample, measureService } from './service-load.ts'
import { startService } from './service-process.ts'
import type { Stage } from './stage.ts'
import { leaders, type Spread, spreadBy } from './statistics.ts'
import { warmUp } from './warm-up.ts'

export interface PoolCase {
  size: number
  perSecond: Spread
  p99Ms: Spread
  apiCpuMicros: Spread
  /** What was wrong with any of its rounds; empty when nothing was. */
  faults: string
}

export interface PoolMeasured {
  setting: 'REDIS_POOL_MAX' | 'PG_POOL_MAX'
  connections: number
  cases: PoolCase[]
  /** The size that did most, and those that were not told apart from it, itself among them. */
  best: number
  tied: string
}

export interface PoolsMeasured {
  redis: PoolMeasured
  postgres: PoolMeasured
}

/** An API process for each pool size, all there from the start and loaded in turns; those that wait cost nothing. */
export async function measurePools(run: BenchRun, stage: Stage): Promise<PoolsMeasured> {
  const { plan } = run
  const event = await openSale(stage, plan.zones)
  await using running = new AsyncDisposableStack()
  const worker = running.adopt(await startService(stage, 'worker'), (process) => process.stop())

  async function compare(
    setting: PoolMeasured['setting'],
    sizes: readonly number[],
    makeLoad: typeof reserveLoad | typeof confirmLoad,
  ): Promise<PoolMeasured> {
    await using apis = new AsyncDisposableStack()
    const cases: { size: number; samples: LoadSample[]; measure(seconds: number): Promise<LoadSample> }[] = []
    for (const size of sizes) {
      const api = apis.adopt(await startService(stage, 'api', { [setting]: `${size}` }), (process) =>
        process.stop(),
      )
      const load = makeLoad(stage, event, plan, join(stage.dir, `${setting}-${size}.txt`))
      cases.push({
        size,
        samples: [],
        measure: async (seconds) => {
          const prepared = await load.prepare(seconds)
          const options = {
            stage,
            api,
            worker,
            signal: run.signal,
            connections: plan.poolConnections,
            seconds,
          }
          return measureService({ ...options, ...load.target, ...prepared })
        },
      })
    }
    run.say(`  warming up ${sizes.length} processes`)
    for (const one of cases) await warmUp(plan, (seconds) => one.measure(seconds))
    for (let round = 0; round < plan.rounds; round++) {
      for (const one of inTurn(cases, round, plan.rounds)) {
        const sample = await one.measure(plan.seconds)
        one.samples.push(sample)
        run.say(`  ${setting} ${String(one.size).padStart(3)} ${serviceLine('', sample).trimStart()}`)
      }
    }
    return summarize(setting, plan.poolConnections, cases)
  }

  const redis = await compare('REDIS_POOL_MAX', plan.redisPools, reserveLoad)
  const postgres = await compare('PG_POOL_MAX', plan.pgPools, confirmLoad)
  await forgetUnusedPayments(stage)
  return { redis, postgres }
}

/**
 * Each round begins with another of them: what comes at times (in some loads Redis takes twice its CPU; why was not looked into) else
 * hits the same one in every round. Measured in one order, 2 connections did more than 1 in six rounds of six, by 1 to 23 %; in alternating
 * order the two were not told apart.
 */
function inTurn<T>(cases: readonly T[], round: number, rounds: number): T[] {
  const first = Math.round((round * cases.length) / rounds)
  return [...cases.slice(first), ...cases.slice(0, first)]
}

function summarize(
  setting: PoolMeasured['setting'],
  connections: number,
  measured: readonly { size: number; samples: readonly LoadSample[] }[],
): PoolMeasured {
  const cases = measured.map(({ size, samples }) => ({
    size,
    perSecond: spreadBy(samples, ({ perSecond }) => perSecond),
    p99Ms: spreadBy(samples, ({ p99Ms }) => p99Ms),
    apiCpuMicros: spreadBy(samples, ({ cpuMicros }) => cpuMicros.api),
    faults: [...new Set(samples.map(({ faults }) => faults).filter(Boolean))].join('; '),
  }))
  const { best, tied } = leaders(cases, ({ perSecond }) => perSecond)
  return { setting, connections, cases, best: best.size, tied: tied.map(({ size }) => size).join(', ') }
}
