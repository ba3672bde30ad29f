import type { Pool } from 'pg'
import type { Metrics } from './metrics.ts'

export interface RedisPoolView {
  guard: { inFlight(): number }
  states(): Record<string, number>
  onReconnect(listener: () => void): void
}

/** Reads the pools at the moment of a scrape. Several pools of a process are added up. */
export function collectPools(
  metrics: Metrics,
  pgPools: readonly Pool[],
  redisPools: readonly RedisPoolView[],
): void {
  for (const pool of pgPools) pool.on('error', () => metrics.pgErrors.inc())
  for (const pool of redisPools) pool.onReconnect(() => metrics.redisReconnects.inc())
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)

  Object.assign(metrics.pgConnections, {
    collect() {
      const idle = sum(pgPools.map((pool) => pool.idleCount))
      metrics.pgConnections.set({ state: 'idle' }, idle)
      metrics.pgConnections.set({ state: 'busy' }, sum(pgPools.map((pool) => pool.totalCount)) - idle)
      metrics.pgMax.set(sum(pgPools.map((pool) => pool.options.max)))
      metrics.pgWaiting.set(sum(pgPools.map((pool) => pool.waitingCount)))
    },
  })
  Object.assign(metrics.redisConnections, {
    collect() {
      metrics.redisConnections.reset()
      for (const pool of redisPools) {
        for (const [state, connections] of Object.entries(pool.states())) {
          metrics.redisConnections.inc({ state }, connections)
        }
      }
      metrics.redisInFlight.set(sum(redisPools.map(({ guard }) => guard.inFlight())))
    },
  })
}
