/** The minute in which a sale opens: calm, a spike, calm, a spike of twice that, calm. Refusals say when to come back, and it is over in 10 s. */
import { check } from 'k6'
import exec from 'k6/execution'
import type { Options } from 'k6/options'
import { steady } from '../lib/arrivals.ts'
import { counted, shared } from '../lib/limits.ts'
import { reserve } from '../lib/requests.ts'
import { numberOf, tokenOf, zoneOf } from '../lib/settings.ts'

const rate = numberOf('RATE', 10_000)
const calm = rate / 10
/** Of each phase. */
const seconds = numberOf('SECONDS', 15)
const RECOVERS_IN = 10

/** From one phase to the next: each begins where the one before ends. */
function phases(list: readonly (readonly [name: string, rate: number, seconds: number])[]) {
  let from = 0
  return Object.fromEntries(
    list.map(([name, perSecond, length]) => {
      const scenario = steady('buy', perSecond, { seconds: length, from })
      from += length
      return [name, scenario]
    }),
  )
}

const back = ['after_first', 'after_second']

export const options: Options = {
  ...shared,
  scenarios: phases([
    ['before', calm, seconds],
    ['first', rate, seconds],
    ['recovering_first', calm, RECOVERS_IN],
    ['after_first', calm, seconds],
    ['second', rate * 2, seconds],
    ['recovering_second', calm, RECOVERS_IN],
    ['after_second', calm, seconds],
  ]),
  thresholds: {
    checks: ['rate==1'],
    ...Object.fromEntries(
      ['before', ...back].flatMap((scenario) => [
        [`http_req_duration{scenario:${scenario}}`, ['p(95)<50', 'p(99)<100']],
        [`http_req_failed{scenario:${scenario}}`, ['rate<0.001']],
        [`dropped_iterations{scenario:${scenario}}`, [`count<=${Math.floor(calm * seconds * 0.001)}`]],
      ]),
    ),
    ...counted('reserve'),
  },
}

export function buy(): void {
  const turn = exec.scenario.iterationInTest
  const answer = reserve(tokenOf(turn), { zoneId: zoneOf(turn) })
  check(answer, {
    'a reservation, or when to come back': ({ status, headers }) =>
      status === 201 || (status === 503 && Number(headers['Retry-After']) >= 1),
  })
}
