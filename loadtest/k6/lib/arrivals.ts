/** Open loops: iterations begin when it is their time, however long those before them take. */
import type { Scenario } from 'k6/options'
import { numberOf } from './settings.ts'

/**
 * So many users are ready as have a request under way when each answer takes so long. None is added during the load: that costs k6
 * more than thousands of requests, from the cores that the service runs on here. A service that is slower for long loses iterations,
 * which are counted.
 */
const READY_SECONDS = 0.2
const MOST = 3000

export function usersFor(rate: number): { preAllocatedVUs: number; maxVUs: number } {
  const users = Math.min(MOST, Math.max(10, Math.ceil(numberOf('USERS', rate * READY_SECONDS))))
  return { preAllocatedVUs: users, maxVUs: users }
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
