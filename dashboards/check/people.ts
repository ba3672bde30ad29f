/**
 * People of every kind, so that every series of the service moves: those who buy, cancel, pay too late or not at all, come too late,
 * wait in the queue, look around, and send what they should not.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { openCrowdStream } from '../../loadtest/bench/crowd-stream.ts'
import type { CatalogueEvent } from '../../src/catalogue/model.ts'

export interface Answer {
  status: number
  body: Record<string, unknown>
}

export type Ask = (method: string, path: string, token: string | null, body?: object) => Promise<Answer>

export interface Town {
  ask: Ask
  port: number
  /** A token of somebody who has not been here yet. */
  newcomer: () => string
  /** Seats for everybody; holds end within seconds. */
  open: CatalogueEvent
  /** One seat, and it is gone. */
  soldOut: CatalogueEvent
  /** Lets in through its queue. */
  queued: CatalogueEvent
}

const STREAM_MS = 10_000

export const people: Readonly<Record<string, { everyMs: number; go: (town: Town) => Promise<unknown> }>> = {
  buyer: { everyMs: 60, go: buy },
  canceller: {
    everyMs: 200,
    async go({ ask, newcomer, open }) {
      const token = newcomer()
      const held = await ask('POST', '/bookings/reserve', token, seat(open))
      await ask('POST', `/bookings/${bookingOf(held)}/cancel`, token)
      await ask('POST', `/bookings/${bookingOf(held)}/cancel`, token)
    },
  },
  /** Holds and forgets; the seats come back by themselves. */
  forgetful: {
    everyMs: 200,
    go: async ({ ask, newcomer, open }) =>
      void (await ask('POST', '/bookings/reserve', newcomer(), seat(open))),
  },
  declined: {
    everyMs: 500,
    async go({ ask, newcomer, open }) {
      const token = newcomer()
      const held = await ask('POST', '/bookings/reserve', token, seat(open))
      for (let tries = 0; tries < 3; tries++)
        await ask('POST', '/payments/intents', token, { booking_id: bookingOf(held), simulate: 'decline' })
    },
  },
  refunded: {
    everyMs: 400,
    async go(town) {
      const { token, bookingId } = await buy(town)
      await town.ask('POST', `/bookings/${bookingId}/refund`, token)
    },
  },
  late: {
    everyMs: 100,
    go: async ({ ask, newcomer, soldOut }) =>
      void (await ask('POST', '/bookings/reserve', newcomer(), seat(soldOut))),
  },
  reader: {
    everyMs: 150,
    async go({ ask, newcomer, open }) {
      await ask('GET', '/events', null)
      await ask('GET', `/events/${open.id}/availability`, null)
      await ask('GET', '/bookings', newcomer())
    },
  },
  nuisance: {
    everyMs: 200,
    async go({ ask, newcomer, open }) {
      await ask('POST', '/bookings/reserve', null, seat(open))
      await ask('POST', '/bookings/reserve', newcomer(), { event_id: 1 })
      await ask('GET', `/bookings/${crypto.randomUUID()}`, newcomer())
      const token = newcomer()
      await Promise.all(Array.from({ length: 15 }, () => ask('POST', '/bookings/reserve', token, seat(open))))
    },
  },
  queuer: { everyMs: 80, go: queue },
  /** Sends on one connection more than may wait there: the rest is shed. */
  hurried: { everyMs: 500, go: ({ port }) => sendAtOnce(port, 40) },
}

async function buy({ ask, newcomer, open }: Town): Promise<{ token: string; bookingId: string }> {
  const token = newcomer()
  const held = await ask('POST', '/bookings/reserve', token, seat(open))
  const bookingId = bookingOf(held)
  const payment = await ask('POST', '/payments/intents', token, { booking_id: bookingId })
  await ask('POST', `/bookings/${bookingId}/confirm`, token, { payment_id: payment.body['payment_id'] })
  return { token, bookingId }
}

/** Joins, looks once, and listens until the pass comes; half of those who get one book with it. */
async function queue({ ask, newcomer, queued, port }: Town): Promise<void> {
  const token = newcomer()
  await ask('POST', '/queue/join', token, { event_id: queued.id })
  await ask('GET', `/queue/position/${queued.id}`, token)
  const path = `/api/v1/queue/position/${queued.id}/stream`
  const ready = Promise.withResolvers<string | null>()
  const stream = await openCrowdStream({
    ...{ port, path, token, localAddress: '127.0.0.1' },
    onEnd: () => ready.resolve(null),
    onEvent(event, data) {
      if (event === 'ready') ready.resolve((JSON.parse(data) as { queue_pass: string }).queue_pass)
    },
  })
  const pass = await Promise.race([ready.promise, sleep(STREAM_MS, null, { ref: false })])
  stream.socket.destroy()
  if (pass !== null && Math.random() < 0.5)
    await ask('POST', '/bookings/reserve', token, { ...seat(queued), queue_pass: pass })
}

async function sendAtOnce(port: number, requests: number): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port })
  socket.resume()
  socket.end('GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'.repeat(requests))
  await once(socket, 'close', { signal: AbortSignal.timeout(STREAM_MS) })
}

function seat(event: CatalogueEvent) {
  return { event_id: event.id, zone_id: event.shows[0]?.zones[0]?.id, quantity: 1 }
}

function bookingOf({ body }: Answer): string {
  return String(body['booking_id'] ?? crypto.randomUUID())
}
