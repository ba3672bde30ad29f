/** A closed loop of more and more users, and back: where throughput stops growing is the knee. */
import exec from 'k6/execution'
import type { Options } from 'k6/options'
import { counted, shared } from '../lib/limits.ts'
import { reserve } from '../lib/requests.ts'
import { numberOf, tokenOf, zoneOf } from '../lib/settings.ts'

const users = numberOf('USERS', 1000)
const seconds = numberOf('SECONDS', 120)

export const options: Options = {
  ...shared,
  scenarios: {
    ramp: {
      executor: 'ramping-vus',
      startVUs: 1,
      stages: [
        { target: users, duration: `${Math.ceil(seconds * 0.75)}s` },
        { target: 0, duration: `${Math.floor(seconds * 0.25)}s` },
      ],
      gracefulRampDown: '10s',
    },
  },
  thresholds: counted('reserve'),
}

export default function ramp(): void {
  const turn = exec.scenario.iterationInTest
  reserve(tokenOf(turn), { zoneId: zoneOf(turn) })
}
