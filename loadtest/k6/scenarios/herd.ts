/** Thousands ask for a hundred seats at one instant: a hundred get one, and everybody else is told so. */
import { check } from 'k6'
import http from 'k6/http'
import type { Options } from 'k6/options'
import { counted, everyCheck, shared } from '../lib/limits.ts'
import { paramsOf, reserveBody } from '../lib/requests.ts'
import { baseUrl, numberOf, tokenOf, zoneOf } from '../lib/settings.ts'
import { mayBeDone } from '../lib/unanswered.ts'

const people = numberOf('PEOPLE', 5000)
/** A user of k6 speaks for so many people, over a connection of each. */
const TOGETHER = 50
const users = Math.ceil(people / TOGETHER)

export const options: Options = {
  ...shared,
  batch: TOGETHER,
  batchPerHost: TOGETHER,
  scenarios: { herd: { executor: 'per-vu-iterations', vus: users, iterations: 1, maxDuration: '120s' } },
  thresholds: { ...everyCheck, ...counted('reserve') },
}

export default function rush(): void {
  const first = (__VU - 1) * TOGETHER
  const some = Math.min(TOGETHER, people - first)
  let waiting = Array.from({ length: Math.max(0, some) }, (_, index) => first + index)
  // Whoever is told that there is too much to do comes again, a little later.
  for (let turn = 0; turn < 30 && waiting.length > 0; turn++) {
    const answers = http.batch(
      waiting.map((person) => ({
        method: 'POST' as const,
        url: `${baseUrl}/bookings/reserve`,
        body: reserveBody({ zoneId: zoneOf(0) }),
        params: paramsOf({ name: 'reserve', token: tokenOf(person) }, true),
      })),
    )
    waiting = waiting.filter((_, index) => {
      const answer = answers[index]
      if (!answer) return true
      mayBeDone('reserve', answer)
      return answer.status === 503 || answer.status === 0
    })
    check(answers, {
      'a seat, no seat, or when to come back': (all) =>
        all.every(({ status, headers }) => [201, 409].includes(status) || !!headers['Retry-After']),
    })
  }
  check(waiting, { 'everybody has an answer': ({ length }) => length === 0 })
}
