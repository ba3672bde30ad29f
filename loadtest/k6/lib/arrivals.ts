/** Open loops: iterations begin when it is their time, however long those before them take. */
import type { Scenario } from 'k6/options'
import { numberOf } from './settings.ts'

/**
 * As many users are ready as are busy when an answer takes so long. None is added during the load: that takes CPU of k6 from the cores that
 * the service runs on here. A service that is slower for long loses iterations, which are counted.
 */
const ANSWER_SECONDS = 0.2
const MOST = 3000

function usersFor(rate: number, iterationSeconds: number): { preAllocatedVUs: number; maxVUs: number } {
  const users = Math.min(MOST, Math.max(10, Math.ceil(numberOf('USERS', rate * iterationSeconds))))
  return { preAllocatedVUs: users, maxVUs: users }
}

/** @param seconds how long, after how many seconds it begins, and how long one iteration may take: with its pauses, where it has some */
export function steady(
  exec: string,
  rate: number,
  {
    seconds,
    from = 0,
    iterationSeconds = ANSWER_SECONDS,
  }: { seconds: number; from?: number; iterationSeconds?: number },
): Scenario {
  return {
    executor: 'constant-arrival-rate',
    exec,
    rate: Math.round(rate),
    timeUnit: '1s',
    duration: `${seconds}s`,
    startTime: `${from}s`,
    gracefulStop: '10s',
    ...usersFor(rate, iterationSeconds),
  }
}
