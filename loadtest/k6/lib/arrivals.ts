/** Open loops: iterations begin when it is their time, however long those before them take. */
import type { Scenario } from 'k6/options'
import { numberOf } from './settings.ts'

/** A service that answers within 100 ms has so many requests under way; it may take ten times as long before iterations are dropped. */
const READY_SECONDS = 0.1
const MOST = 10

export function usersFor(rate: number): { preAllocatedVUs: number; maxVUs: number } {
  const ready = Math.max(10, Math.ceil(numberOf('USERS', rate * READY_SECONDS)))
  return { preAllocatedVUs: ready, maxVUs: Math.min(5000, ready * MOST) }
}

/** @param seconds how long, and after how many seconds it begins */
export function steady(
  exec: string,
  rate: number,
  { seconds, from = 0 }: { seconds: number; from?: number },
): Scenario {
  return {
    executor: 'constant-arrival-rate',
    exec,
    rate: Math.round(rate),
    timeUnit: '1s',
    duration: `${seconds}s`,
    startTime: `${from}s`,
    gracefulStop: '10s',
    ...usersFor(rate),
  }
}
