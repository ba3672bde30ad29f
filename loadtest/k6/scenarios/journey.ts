/** People as they are: they look around, queue, hold seats; most pay, some give up, some give back. The funnel's numbers add up. */
import { check, sleep } from 'k6'
import exec from 'k6/execution'
import { Counter } from 'k6/metrics'
import type { Options } from 'k6/options'
import { steady } from '../lib/arrivals.ts'
import { hold, pay } from '../lib/buy.ts'
import { counted, shared } from '../lib/limits.ts'
import * as api from '../lib/requests.ts'
import { numberOf, tokenOf, zoneOf } from '../lib/settings.ts'

const POLL_SECONDS = 0.5
const POLLS = 60
/** A poll or two, and what is asked before and after. */
const JOURNEY_SECONDS = 4

const funnel = Object.fromEntries(
  ['looked', 'queued', 'passed', 'held', 'abandoned', 'given_back', 'bought'].map((step) => [
    step,
    new Counter(`funnel_${step}`),
  ]),
)
const count = (step: string): void => funnel[step]?.add(1)

export const options: Options = {
  ...shared,
  scenarios: {
    journey: steady('person', numberOf('RATE', 50), {
      seconds: numberOf('SECONDS', 60),
      iterationSeconds: JOURNEY_SECONDS,
    }),
  },
  thresholds: {
    checks: ['rate>0.999'],
    dropped_iterations: ['count==0'],
    http_req_failed: ['rate<0.001'],
    'http_req_duration{name:reserve}': ['p(95)<50', 'p(99)<100'],
    ...counted('reserve', 'confirm', 'cancel'),
  },
}

export function person(): void {
  const turn = exec.scenario.iterationInTest
  const token = tokenOf(turn)
  check(api.event(), { 'the event is shown': ({ status }) => status === 200 })
  check(api.availability(), { 'seats are shown': ({ status }) => status === 200 })
  count('looked')
  // One in ten only looks.
  if (turn % 10 === 9) return
  let place = api.joinQueue(token)
  check(place, { 'the queue is joined': ({ status }) => status === 201 })
  count('queued')
  for (let poll = 0; poll < POLLS && !api.field(place, 'queue_pass'); poll++) {
    sleep(POLL_SECONDS)
    place = api.position(token)
  }
  const pass = api.field(place, 'queue_pass')
  check(pass ?? '', { 'a pass is got': (got) => got !== '' })
  if (pass === undefined) return
  count('passed')
  const bookingId = hold(token, { zoneId: zoneOf(turn), pass })
  if (bookingId === undefined) return
  count('held')
  // Of those who hold seats one in ten walks away, and one in ten gives them back.
  if (turn % 10 === 3) {
    count('abandoned')
    return
  }
  if (turn % 10 === 6) {
    const given = api.cancel(token, bookingId)
    check(given, { 'seats are given back': ({ status }) => status === 200 })
    if (given.status === 200) count('given_back')
    return
  }
  if (pay(token, bookingId)?.status === 200) count('bought')
}
