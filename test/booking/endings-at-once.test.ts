/** A hold ends once, also when several processes end it at the same moment: PostgreSQL takes the first that commits. */
import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import type { Hold } from '../../src/booking/model.ts'
import type { Database } from '../../src/postgres/database.ts'
import { makeLedger } from '../../src/postgres/ledger.ts'
import { openService, type TestService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { interfere, makeGate, type Places } from './interference.ts'
import { assertSound, atOnce, liveSeats, messagesOf, statusOf } from './probe.ts'

const skip = withoutRedis || withoutPostgres
const places: Record<'winner' | 'loser', Places> = { winner: {}, loser: {} }
const service = (skip ? null : await openService({ after })) as TestService
/** Two more processes on the same stores. */
const processes = skip
  ? (null as never)
  : { winner: await another(places.winner), loser: await another(places.loser) }

function another(at: Places): Promise<TestService> {
  return openService(
    { after },
    { redis: service.redis, databaseUrl: service.databaseUrl, wrap: interfere(at) },
  )
}

afterEach(() => {
  for (const at of Object.values(places)) {
    for (const name of Object.keys(at)) delete at[name as keyof Places]
  }
})

async function holds(count: number): Promise<Hold[]> {
  const { event, zoneIds } = await service.event([100])
  return atOnce(count, () => service.hold(event.id, zoneIds[0] as string))
}

const act = {
  confirm: async (process: TestService, { bookingId, userId }: Hold, paymentId: string) =>
    (await process.confirm({ bookingId, userId, paymentId })).kind,
  cancel: async (process: TestService, { bookingId, userId }: Hold) =>
    (await process.cancel({ bookingId, userId })).kind,
  expire: async (process: TestService) => `${await process.expire()} expired`,
}
type Act = keyof typeof act

const winning = {
  confirm: { answer: 'confirmed', status: 'confirmed', seats: '99 available, 0 held, 1 sold' },
  cancel: { answer: 'cancelled', status: 'cancelled', seats: '100 available, 0 held, 0 sold' },
  expire: { answer: '1 expired', status: 'expired', seats: '100 available, 0 held, 0 sold' },
}
const losing: Record<Act, Partial<Record<Act, string>>> = {
  confirm: { cancel: 'released', expire: 'expired' },
  cancel: { confirm: 'already_confirmed', expire: 'expired' },
  // That PostgreSQL has a cancelled or confirmed booking instead is not counted as one that expired.
  expire: { confirm: '0 expired', cancel: '0 expired' },
}

/** Lets both read the hold while it is alive (and due, for expiry); then the winner commits. */
async function bothBegin(winner: Act, loser: Act, hold: Hold) {
  const paymentId = await service.pay(hold)
  const gates = { winner: makeGate(), loser: makeGate() }
  const begun: Partial<Record<'winner' | 'loser', Promise<string>>> = {}
  // Expiry begins when the hold's time is over, and by then the other must have read it.
  const sides = winner === 'expire' ? (['loser', 'winner'] as const) : (['winner', 'loser'] as const)
  for (const side of sides) {
    const what = side === 'winner' ? winner : loser
    if (what === 'expire') await service.setClock(hold.expiresAtMs)
    places[side][what === 'expire' ? 'afterDue' : 'afterOpen'] = gates[side].pass
    begun[side] = act[what](processes[side], hold, paymentId)
    await gates[side].reached
  }
  return { gates, answers: begun as Record<'winner' | 'loser', Promise<string>> }
}

async function assertWon(winner: Act, hold: Hold): Promise<void> {
  await service.setClock(null)
  const { status, seats } = winning[winner]
  assert.equal(await statusOf(service, hold.bookingId), status)
  assert.equal(await liveSeats(service, hold.zoneId), seats)
  await service.persist()
  assert.deepEqual(await messagesOf(service, hold.bookingId), ['booking.reserved 1', `booking.${status} 2`])
  await assertSound(service)
}

const pairs: [Act, Act][] = [
  ['confirm', 'expire'],
  ['expire', 'confirm'],
  ['confirm', 'cancel'],
  ['cancel', 'confirm'],
  ['cancel', 'expire'],
  ['expire', 'cancel'],
]

for (const [winner, loser] of pairs) {
  test(`${winner} and ${loser} under way, ${winner} commits first and settles: ${loser} is told`, {
    skip,
  }, async () => {
    const [hold] = (await holds(1)) as [Hold]
    const { gates, answers } = await bothBegin(winner, loser, hold)
    gates.winner.open()
    assert.equal(await answers.winner, winning[winner].answer)
    gates.loser.open()
    assert.equal(await answers.loser, losing[loser][winner])
    await assertWon(winner, hold)
  })

  test(`${winner} and ${loser} under way, ${winner} commits first and ${loser} settles: seats move once`, {
    skip,
  }, async () => {
    const [hold] = (await holds(1)) as [Hold]
    const settling = makeGate()
    places.winner.beforeSettle = settling.pass
    const { gates, answers } = await bothBegin(winner, loser, hold)
    gates.winner.open()
    await settling.reached
    gates.loser.open()
    assert.equal(await answers.loser, losing[loser][winner])
    assert.equal(await liveSeats(service, hold.zoneId), winning[winner].seats)
    settling.open()
    assert.equal(await answers.winner, winning[winner].answer)
    await assertWon(winner, hold)
  })
}

test('confirm, cancel and expiry at the same moment: each of thirty bookings ends one way', {
  skip,
}, async () => {
  const all = await holds(30)
  const payments = new Map(
    await Promise.all(all.map(async (hold) => [hold.bookingId, await service.pay(hold)] as const)),
  )
  const gate = makeGate()
  const opened = Promise.withResolvers<void>()
  let waiting = 0
  for (const at of [places.winner, places.loser]) {
    at.afterOpen = async () => {
      if (++waiting === 2 * all.length) opened.resolve()
      await gate.pass()
    }
  }
  const confirming = all.map((hold) =>
    act.confirm(processes.winner, hold, payments.get(hold.bookingId) ?? ''),
  )
  const cancelling = all.map((hold) => act.cancel(processes.loser, hold))
  await opened.promise
  await service.setClock(Math.max(...all.map(({ expiresAtMs }) => expiresAtMs)))
  gate.open()
  const [confirms, cancels] = await Promise.all([
    Promise.all(confirming),
    Promise.all(cancelling),
    service.expire(),
  ])

  for (const [i, { bookingId }] of all.entries()) {
    const status = (await statusOf(service, bookingId)) as 'confirmed' | 'cancelled' | 'expired'
    const told = {
      confirmed: ['confirmed', 'already_confirmed'],
      cancelled: ['released', 'cancelled'],
      expired: ['expired', 'expired'],
    }
    assert.deepEqual([confirms[i], cancels[i]], told[status])
    assert.deepEqual(await messagesOf(service, bookingId), ['booking.reserved 1', `booking.${status} 2`])
  }
  await assertSound(service)
})

test('two processes confirm at once with one payment: one code for both', { skip }, async () => {
  for (const hold of await holds(20)) {
    const { bookingId, userId } = hold
    const paymentId = await service.pay(hold)
    const [one, two] = await Promise.all([
      processes.winner.confirm({ bookingId, userId, paymentId }),
      processes.loser.confirm({ bookingId, userId, paymentId }),
    ])
    assert.ok(one.kind === 'confirmed' && two.kind === 'confirmed')
    assert.deepEqual(one.booking, two.booking)
  }
  await assertSound(service)
})

test('a confirm that meets the same confirm of another process in the payment’s index is told of it', {
  skip,
}, async () => {
  const [hold] = (await holds(1)) as [Hold]
  const { bookingId, userId } = hold
  const paymentId = await service.pay(hold)
  const { database } = service.stores
  let met = 0
  // Two inserts meet there now and then (the test above finds it under load); here every time, and once.
  const meeting: Database = {
    ...database,
    async transaction(work) {
      if (met++ > 0) return database.transaction(work)
      assert.equal((await processes.loser.confirm({ bookingId, userId, paymentId })).kind, 'confirmed')
      return database.transaction((client) =>
        client.query({
          text: `INSERT INTO bookings SELECT (jsonb_populate_record(b, jsonb_build_object('id', gen_random_uuid(),
            'confirmation_code', 'ANOTHERONE'))).* FROM bookings b WHERE payment_id = $1`,
          values: [paymentId],
        }),
      ) as never
    },
  }
  const view = await service.core.holds.open(bookingId, 1000)
  assert.ok(view.kind === 'live')
  const result = await makeLedger(meeting, () => {}).end({
    ...{ hold, generation: view.generation, atMs: view.nowMs },
    ...{ to: 'confirmed', paymentId, confirmationCode: 'ANOTHERONE' },
  })
  assert.equal(met, 1)
  assert.deepEqual(result, { kind: 'already', booking: await service.core.ledger.find(bookingId) })
  await assertSound(service)
})

test('two processes confirm at once with two payments: one of them paid', { skip }, async () => {
  for (const hold of await holds(10)) {
    const { bookingId, userId } = hold
    const paymentIds = [await service.pay(hold), await service.pay(hold)]
    const outcomes = await Promise.all([
      processes.winner.confirm({ bookingId, userId, paymentId: paymentIds[0] as string }),
      processes.loser.confirm({ bookingId, userId, paymentId: paymentIds[1] as string }),
    ])
    assert.deepEqual(outcomes.map(({ kind }) => kind).sort(), ['confirmed', 'confirmed_by_other_payment'])
    const won = outcomes.findIndex(({ kind }) => kind === 'confirmed')
    assert.equal((await service.core.ledger.find(bookingId))?.paymentId, paymentIds[won])
  }
  await assertSound(service)
})
