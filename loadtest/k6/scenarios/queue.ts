/**
 * A crowd in the queue: everybody joins within some seconds, asks where they are, gets a pass in their order and books. A user of k6 speaks for many
 * people, each of whom waits on their own. What comes when is printed, a line a person, for the runner to look at the order.
 */
import { check } from 'k6'
import http from 'k6/http'
import type { Options } from 'k6/options'
import { setTimeout } from 'k6/timers'
import { counted, everyCheck, shared } from '../lib/limits.ts'
import { paramsOf, reserveBody } from '../lib/requests.ts'
import { baseUrl, numberOf, sale, tokenOf, zoneOf } from '../lib/settings.ts'
import { mayBeDone } from '../lib/unanswered.ts'

/** k6 has one; the types of Node and of browsers do not belong here. */
declare const console: { log(line: string): void }

const people = numberOf('PEOPLE', 10_000)
const TOGETHER = 100
const users = Math.ceil(people / TOGETHER)
/** Faster than they are let in, so that the queue is never empty before its end. */
const JOIN_MS = numberOf('JOIN_SECONDS', 10) * 1000
const POLL_MS = 2000
const TRIES = 300

export const options: Options = {
  ...shared,
  scenarios: { queue: { executor: 'per-vu-iterations', vus: users, iterations: 1, maxDuration: '15m' } },
  thresholds: { ...everyCheck, ...counted('reserve', 'join') },
}

const later = (ms: number) => new Promise<void>((resolve) => setTimeout(() => resolve(), ms))
/** Not everybody at the same moment. */
const spread = () => POLL_MS * (0.75 + Math.random() / 2)

export default async function crowd(): Promise<void> {
  const first = (__VU - 1) * TOGETHER
  const some = Math.max(0, Math.min(TOGETHER, people - first))
  await Promise.all(Array.from({ length: some }, (_, index) => person(first + index)))
}

async function person(number: number): Promise<void> {
  const token = tokenOf(number)
  await later(Math.random() * JOIN_MS)
  const joined = await ask('POST', '/queue/join', 'join', token, `{"event_id":"${sale.eventId}"}`)
  check(joined, { 'everybody joins': ({ status }) => status === 201 })
  let place = joined
  for (let turn = 0; turn < TRIES && !place.json('queue_pass'); turn++) {
    await later(spread())
    place = await ask('GET', `/queue/position/${sale.eventId}`, 'position', token)
  }
  const pass = place.json('queue_pass') as string | null
  check(pass, { 'everybody gets a pass': (got) => !!got })
  if (!pass) return
  console.log(`PASS ${pass} ${place.json('queue_pass_expires_at')}`)
  const held = await ask(
    'POST',
    '/bookings/reserve',
    'reserve',
    token,
    reserveBody({ zoneId: zoneOf(0) }),
    pass,
  )
  check(held, { 'everybody with a pass holds a seat': ({ status }) => status === 201 })
}

/** Comes again while there is too much to do; 408: the request did not get there in time, because k6 had too much to do itself. */
async function ask(
  method: 'GET' | 'POST',
  path: string,
  name: string,
  token: string,
  body?: string,
  pass?: string,
) {
  const headers: Record<string, string> = pass ? { 'X-Queue-Pass': pass } : {}
  for (let turn = 0; ; turn++) {
    const params = paramsOf({ name, token, headers }, body !== undefined)
    const answer = await http.asyncRequest(method, baseUrl + path, body ?? null, params)
    if (name === 'reserve') mayBeDone('reserve', answer)
    if (![0, 408, 429, 503, 504].includes(answer.status) || turn === TRIES) return answer
    await later(1000 * (0.5 + Math.random()))
  }
}
