import type { Pool } from 'pg'
import type { Metrics } from './metrics.ts'
import { whenAsked } from './when-asked.ts'

/** ioredis's own; one that a later version adds is `other`. */
const REDIS_STATES = ['wait', 'connecting', 'connect', 'ready', 'reconnecting', 'close', 'end', 'other']

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

  const idle = () => sum(pgPools.map((pool) => pool.idleCount))
  whenAsked(metrics.pgConnections, () => {
    metrics.pgConnections.set({ state: 'idle' }, idle())
    metrics.pgConnections.set({ state: 'busy' }, sum(pgPools.map((pool) => pool.totalCount)) - idle())
  })
  whenAsked(metrics.pgMax, () => metrics.pgMax.set(sum(pgPools.map((pool) => pool.options.max))))
  whenAsked(metrics.pgWaiting, () => metrics.pgWaiting.set(sum(pgPools.map((pool) => pool.waitingCount))))
  whenAsked(metrics.redisConnections, () => {
    const counts = new Map<string, number>(REDIS_STATES.map((state) => [state, 0]))
    for (const pool of redisPools) {
      for (const [state, connections] of Object.entries(pool.states())) {
        const name = counts.has(state) ? state : 'other'
        counts.set(name, (counts.get(name) ?? 0) + connections)
      }
    }
    for (const [state, connections] of counts) metrics.redisConnections.set({ state }, connections)
  })
  whenAsked(metrics.redisInFlight, () =>
    metrics.redisInFlight.set(sum(redisPools.map(({ guard }) => guard.inFlight()))),
  )
}
