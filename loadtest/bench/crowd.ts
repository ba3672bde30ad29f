/**
 * A crowd: each person joins the queue, watches the stream, gets a pass, books a seat, pays and has a ticket, or finds it sold
 * out. Some are declined first, and some pay so slowly that the provider's webhook confirms for them. At the end nobody is left
 * over, the order was kept, and the books of seats and of money agree.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { untilDrained } from './backlog.ts'
import { type Answer, type Ask, makeAsk } from './crowd-client.ts'
import { openCrowdStream } from './crowd-stream.ts'
import type { BenchRun } from './plan.ts'
import { openSale, tokenOf } from './sale.ts'
import { startService } from './service-process.ts'
import type { Stage } from './stage.ts'
import { openWaitingRoom } from './waiting-room.ts'

export interface CrowdMeasured {
  people: number
  seats: number
  /** How it ended, and for how many. */
  endings: Record<string, number>
  ratePerSecond: number
  joinedPerSecond: number
  seconds: number
  /** The longest by which a pass came after that of somebody who had joined later, ms. */
  maxDisorderMs: number
  tickMs: number
  /** Answers that asked to come back, by status. */
  cameBack: Record<string, number>
  confirmedInPostgres: number
  succeededPayments: number
  /** Why this does not count; empty when it does. */
  faults: string
}

interface Person {
  token: string
  place: number
  readyAtMs: number
  ending: string
}

const RATE = 200
/** Requests under way at a time. */
const CONNECTIONS = 64
const JOINING = 64
const GIVE_UP_MS = 300_000
const PAY_LOOK_MS = 500

export async function measureCrowd({ plan, say, signal }: BenchRun, stage: Stage): Promise<CrowdMeasured> {
  const people = plan.crowd
  const seats = Math.floor(people * 0.9)
  const event = await openSale(stage, 1, { seatsPerZone: seats, maxTicketsPerUser: 1, queueRequired: true })
  const zoneId = event.shows[0]?.zones[0]?.id ?? ''
  const room = await openWaitingRoom(stage, event)
  await using running = new AsyncDisposableStack()
  running.adopt(await startService(stage, 'worker', { PAYMENT_WEBHOOK_URL: '' }), (process) => process.stop())
  const api = running.adopt(await startService(stage, 'api'), (process) => process.stop())
  const port = Number(new URL(api.url).port)
  const cameBack: Record<string, number> = {}
  const ask = makeAsk(port, CONNECTIONS, {
    again(status) {
      cameBack[status] = (cameBack[status] ?? 0) + 1
    },
  })
  running.defer(() => ask.close())
  const startedMs = performance.now()
  const crowd: Person[] = []
  const journeys: Promise<void>[] = []
  let next = 0
  let listening = 0
  async function joinSome(): Promise<void> {
    while (next < people) {
      const person: Person = { token: tokenOf(stage, next++), place: 0, readyAtMs: 0, ending: '' }
      const joined = await ask('POST', '/queue/join', person.token, { event_id: event.id })
      if (joined.status !== 201) throw new Error(`a join was answered ${JSON.stringify(joined)}`)
      person.place = placeOf(joined.body)
      crowd.push(person)
      journeys.push(
        goThrough(ask, port, event.id, zoneId, person, () => listening++).catch((error: unknown) => {
          // Nobody waits for a stream that failed.
          if (person.readyAtMs === 0) listening++
          person.ending = `failed: ${error instanceof Error ? error.message : String(error)}`
        }),
      )
    }
  }
  await Promise.all(Array.from({ length: JOINING }, joinSome))
  const joinedPerSecond = people / ((performance.now() - startedMs) / 1000)
  say(`  ${people} have joined, ${joinedPerSecond.toFixed(0)}/s`)
  while (listening < people) await sleep(100, undefined, { signal })
  const openedMs = performance.now()
  await room.change({ state: 'open', releaseRatePerSecond: RATE })
  const late = sleep(GIVE_UP_MS, undefined, { signal, ref: false })
  await Promise.race([Promise.all(journeys), late])
  const seconds = (performance.now() - openedMs) / 1000
  await untilDrained(stage)

  const endings: Record<string, number> = {}
  for (const { ending } of crowd) {
    const name = ending === '' ? 'left over' : ending
    endings[name] = (endings[name] ?? 0) + 1
  }
  const { confirmed, succeeded } = await countBooks(stage, event.id)
  const maxDisorderMs = disorder(crowd)
  const tickMs = stage.config.QUEUE_STREAM_TICK_MS
  const faults: string[] = []
  for (const [name, count] of Object.entries(endings))
    if (name !== 'served' && name !== 'sold out') faults.push(`${count} ${name}`)
  if ((endings['served'] ?? 0) !== seats) faults.push(`${endings['served'] ?? 0} served of ${seats} seats`)
  if (confirmed !== seats || succeeded !== seats)
    faults.push(`${confirmed} bookings confirmed, ${succeeded} payments succeeded`)
  return {
    people,
    seats,
    endings,
    ratePerSecond: RATE,
    joinedPerSecond,
    seconds,
    maxDisorderMs,
    tickMs,
    cameBack,
    confirmedInPostgres: confirmed,
    succeededPayments: succeeded,
    faults: faults.join('; '),
  }
}

/** A person's way from the stream to the ticket. */
async function goThrough(
  ask: Ask,
  port: number,
  eventId: string,
  zoneId: string,
  person: Person,
  onListening: () => void,
): Promise<void> {
  const pass = await passOf(port, `/api/v1/queue/position/${eventId}/stream`, person, onListening)
  const reserve = { event_id: eventId, zone_id: zoneId, quantity: 1, queue_pass: pass }
  const reserved = await ask('POST', '/bookings/reserve', person.token, reserve)
  if (reserved.status === 409 && reserved.body['code'] === 'INSUFFICIENT_SEATS') {
    person.ending = 'sold out'
    return
  }
  if (reserved.status !== 201) throw new Error(`reserve: ${reserved.status} ${String(reserved.body['code'])}`)
  const bookingId = String(reserved.body['booking_id'])
  if (person.place % 20 === 1) await pay(ask, person.token, bookingId, 'decline')
  const slow = person.place % 10 === 2
  const paymentId = await pay(ask, person.token, bookingId, slow ? 'delayed' : 'succeed')
  if (!slow) {
    const confirmed = await ask('POST', `/bookings/${bookingId}/confirm`, person.token, {
      payment_id: paymentId,
    })
    if (confirmed.status !== 200)
      throw new Error(`confirm: ${confirmed.status} ${String(confirmed.body['code'])}`)
  }
  for (const endMs = performance.now() + GIVE_UP_MS; performance.now() < endMs; await sleep(PAY_LOOK_MS)) {
    const { body } = await ask('GET', `/bookings/${bookingId}`, person.token)
    if (body['status'] === 'confirmed') {
      person.ending = 'served'
      return
    }
    if (body['status'] !== 'reserved') throw new Error(`the booking is ${String(body['status'])}`)
  }
}

async function pay(ask: Ask, token: string, bookingId: string, simulate: string): Promise<string> {
  const { status, body } = await ask('POST', '/payments/intents', token, { booking_id: bookingId, simulate })
  if (status !== 201) throw new Error(`intent: ${status} ${String(body['code'])}`)
  return String(body['payment_id'])
}

/** Listens until the pass comes; a stream that ends, or is refused for now, is opened again. */
async function passOf(port: number, path: string, person: Person, onListening: () => void): Promise<string> {
  let toldListening = false
  for (;;) {
    const came = Promise.withResolvers<string | null>()
    const { status, socket } = await openCrowdStream({
      port,
      path,
      token: person.token,
      localAddress: '127.0.0.1',
      onEnd: () => came.resolve(null),
      onEvent(event, data) {
        if (event !== 'ready') return
        person.readyAtMs = performance.now()
        came.resolve((JSON.parse(data) as { queue_pass: string }).queue_pass)
      },
    })
    if (status === 404) throw new Error('the place was lost')
    if (status !== 200) came.resolve(null)
    else if (!toldListening) {
      toldListening = true
      onListening()
    }
    const pass = await came.promise
    socket.destroy()
    if (pass !== null) return pass
    await sleep(500 + Math.random() * 1000)
  }
}

/** The number that is the order: in the join token, or in the pass of somebody whose first answer was lost. */
function placeOf({ token, queue_pass }: Answer['body']): number {
  const claims = String(token ?? queue_pass).split('.')[1] ?? ''
  const { seq, pass } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as {
    seq?: number
    pass?: string
  }
  return seq ?? Number.parseInt(pass ?? '', 10)
}

/** The longest by which somebody who joined earlier had the pass later. */
function disorder(crowd: readonly Person[]): number {
  let latestMs = 0
  let worst = 0
  for (const person of crowd.filter(({ readyAtMs }) => readyAtMs > 0).toSorted((a, b) => a.place - b.place)) {
    worst = Math.max(worst, latestMs - person.readyAtMs)
    latestMs = Math.max(latestMs, person.readyAtMs)
  }
  return worst
}

async function countBooks(
  { tools }: Stage,
  eventId: string,
): Promise<{ confirmed: number; succeeded: number }> {
  const { rows } = await tools.database.query<{ confirmed: number; succeeded: number }>({
    text: `SELECT
        (SELECT count(*)::int FROM bookings WHERE event_id = $1 AND status = 'confirmed') AS confirmed,
        (SELECT count(*)::int FROM payments p JOIN bookings b ON b.id = p.booking_id AND b.payment_id = p.id
          WHERE b.event_id = $1 AND p.state = 'succeeded') AS succeeded`,
    values: [eventId],
  })
  return rows[0] ?? { confirmed: 0, succeeded: 0 }
}
