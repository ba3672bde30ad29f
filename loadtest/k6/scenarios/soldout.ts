/** Everybody asks for what is gone. A no is cheap: it is fast, and writes nothing. */
import { check } from 'k6'
import exec from 'k6/execution'
import type { Options } from 'k6/options'
import { steady } from '../lib/arrivals.ts'
import { almostNoneDropped, counted, shared } from '../lib/limits.ts'
import { reserve } from '../lib/requests.ts'
import { numberOf, tokenOf, zoneOf } from '../lib/settings.ts'

const rate = numberOf('RATE', 10_000)
const seconds = numberOf('SECONDS', 60)

export const options: Options = {
  ...shared,
  scenarios: { soldout: steady('ask', rate, { seconds }) },
  thresholds: {
    checks: ['rate==1'],
    'http_req_duration{name:reserve}': ['p(99)<25'],
    ...almostNoneDropped(rate, seconds),
    ...counted('reserve'),
  },
}

export function ask(): void {
  const turn = exec.scenario.iterationInTest
  check(reserve(tokenOf(turn), { zoneId: zoneOf(turn) }), {
    'sold out': ({ status, body }) => status === 409 && `${body}`.includes('"INSUFFICIENT_SEATS"'),
  })
}
