/** Every load test: loadtest/k6/scenarios has what k6 does in each. */

import { kneeOfSeries, kneeOfSteps } from './knee.ts'
import { passOrder } from './pass-order.ts'
import type { Scenario } from './scenario.ts'
import { pausesOf } from './series.ts'

const PLENTY = 3_000_000
const WARM_SECONDS = 10
/** What an open loop may be asked for. */
const LOAD = { rate: [1, 100_000], seconds: [1, 3600], users: [1, 20_000] } as const

const smoke: Scenario = {
  name: 'smoke',
  summary: 'one person, the whole way, every answer as promised',
  shape: { seconds: 30 },
  changes: { seconds: [1, 3600] },
  zones: [100_000, 100_000],
  tokens: 2000,
  maxTicketsPerUser: 1000,
  queueRate: 500,
}

const ramp: Scenario = {
  name: 'ramp',
  summary: 'up to a thousand users and back: finds the knee',
  shape: { seconds: 120, users: 1000, warmSeconds: WARM_SECONDS },
  changes: { seconds: [10, 3600], users: [10, 20_000] },
  zones: [PLENTY, PLENTY, PLENTY, PLENTY],
  tokens: 50_000,
  maxTicketsPerUser: 1000,
  knee: ({ series }) => kneeOfSeries(series),
}

const knee: Scenario = {
  name: 'knee',
  summary: 'open loops one after the other, up to 5,000 a second: the most that keeps the objective',
  shape: { rate: 5000, seconds: 40, users: 300, warmSeconds: WARM_SECONDS },
  changes: { rate: [200, 100_000], seconds: [16, 3600], users: LOAD.users },
  zones: [PLENTY, PLENTY, PLENTY, PLENTY],
  tokens: 50_000,
  maxTicketsPerUser: 1000,
  knee: ({ metrics }) => kneeOfSteps(metrics),
}

const sustained: Scenario = {
  name: 'sustained',
  summary: '5,000 reservations a second for five minutes, within the objective',
  shape: { rate: 5000, seconds: 300, warmSeconds: WARM_SECONDS },
  changes: LOAD,
  zones: [PLENTY],
  tokens: 300_000,
  maxTicketsPerUser: 1000,
}

const spike: Scenario = {
  name: 'spike',
  summary:
    'from 1,000 to 10,000 a second, back, and to 20,000: refusals say when to come back, and it is over in 10 s',
  shape: { rate: 10_000, seconds: 15, warmSeconds: WARM_SECONDS },
  changes: { ...LOAD, rate: [100, 50_000] },
  zones: [PLENTY],
  tokens: 300_000,
  maxTicketsPerUser: 1000,
}

const stress10k: Scenario = {
  name: 'stress_10k',
  summary: '10,000 reservations a second, 3 million seats, 300,000 people',
  shape: { rate: 10_000, seconds: 300, warmSeconds: WARM_SECONDS },
  changes: LOAD,
  zones: [PLENTY],
  tokens: 300_000,
  maxTicketsPerUser: 1000,
}

const QUEUE_RATE = 200
const queue: Scenario = {
  name: 'queue',
  summary: '10,000 people join within ten seconds, wait, get a pass in their order, and book',
  shape: { seconds: 60, people: 10_000 },
  changes: { people: [2000, 10_000] },
  zones: [PLENTY],
  tokens: 10_000,
  queueRate: QUEUE_RATE,
  expects({ shape, log, acknowledged, series }) {
    const people = shape.people ?? 0
    const { faults } = passOrder(log, { people, ratePerSecond: QUEUE_RATE, toldPauses: pausesOf(series) })
    return acknowledged.reserved === people
      ? faults
      : [...faults, `${acknowledged.reserved} of ${people} hold a seat`]
  },
}

const soldout: Scenario = {
  name: 'soldout',
  summary: '10,000 a second ask for what is gone: a fast no, and not one write',
  shape: { rate: 10_000, seconds: 60, warmSeconds: WARM_SECONDS },
  changes: LOAD,
  zones: [0],
  tokens: 300_000,
  expects: ({ stored, acknowledged }) =>
    stored.bookings + acknowledged.reserved > 0
      ? [`${stored.bookings} bookings of seats that are not there`]
      : [],
}

const HERD_SEATS = 100
const herd: Scenario = {
  name: 'herd',
  summary: '5,000 people ask for 100 seats at one instant: exactly 100 are sold',
  shape: { seconds: 30, people: 5000 },
  changes: { people: [HERD_SEATS, 5000] },
  zones: [HERD_SEATS],
  tokens: 5000,
  expects: ({ stored }) =>
    stored.seatsTaken === HERD_SEATS ? [] : [`${stored.seatsTaken} seats were sold of ${HERD_SEATS}`],
}

const DIRTY_HOLD_SECONDS = 4
const dirty: Scenario = {
  name: 'dirty',
  summary: 'hang-ups, retried keys, the last seat, double cancels, late and declined payments',
  shape: { seconds: 60 },
  changes: {},
  zones: [1, 10_000],
  tokens: 10_000,
  settings: { HOLD_TTL_SECONDS: `${DIRTY_HOLD_SECONDS}` },
  env: { HOLD_SECONDS: `${DIRTY_HOLD_SECONDS}` },
  paidBehindTheBack: true,
}

const journey: Scenario = {
  name: 'journey',
  summary: 'people look, queue, hold, pay, give up or give back: the funnel adds up',
  shape: { rate: 50, seconds: 60 },
  changes: { rate: [1, 300], seconds: [5, 3600], users: LOAD.users },
  zones: [100_000, 100_000],
  tokens: 50_000,
  queueRate: 500,
  expects({ metrics, stored }) {
    const of = (step: string) => Number(metrics[`funnel_${step}`]?.['count'] ?? 0)
    const ended = of('abandoned') + of('given_back') + of('bought')
    const faults: string[] = []
    if (of('held') !== ended) faults.push(`${of('held')} held seats, and ${ended} are known to have ended`)
    if (of('bought') !== stored.confirmed)
      faults.push(`${of('bought')} bought, and ${stored.confirmed} are confirmed in PostgreSQL`)
    if (of('held') !== stored.bookings) faults.push(`${of('held')} held, ${stored.bookings} stored`)
    return faults
  },
}

export const scenarios: readonly Scenario[] = [
  smoke,
  ramp,
  knee,
  sustained,
  spike,
  stress10k,
  queue,
  soldout,
  herd,
  dirty,
  journey,
]
