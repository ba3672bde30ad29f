/**
 * Every request of the API that scenarios send, each with its name: by `name` the dashboards and the audit tell them apart. A status
 * that a scenario has to expect (sold out is an answer, not an error) counts as expected; what else comes is the scenario's to check.
 */
import http, { type RefinedResponse } from 'k6/http'
import { baseUrl, sale } from './settings.ts'
import { mayBeDone } from './unanswered.ts'

export type Answer = RefinedResponse<'text'>

export interface Wish {
  zoneId: string
  quantity?: number
  /** Of the request, so that it can be sent again. */
  key?: string
  pass?: string
  /** After which the caller hangs up. */
  timeout?: string
  /** By which the audit counts it; whoever sends one again names it otherwise. */
  name?: string
}

interface Sent {
  name: string
  token?: string | undefined
  headers?: Record<string, string>
  timeout?: string | undefined
}

http.setResponseCallback(http.expectedStatuses({ min: 200, max: 399 }, 409, 410))

/** For scenarios that sell from plenty: there no seat is sold out, and whatever is no reservation has failed. */
export function expectReservations(): void {
  http.setResponseCallback(http.expectedStatuses(201))
}

export function reserve(token: string, wish: Wish): Answer {
  const { key, pass, timeout, name = 'reserve' } = wish
  const headers: Record<string, string> = {}
  if (key) headers['Idempotency-Key'] = key
  if (pass) headers['X-Queue-Pass'] = pass
  const answer = post('/bookings/reserve', { name, token, headers, timeout }, reserveBody(wish))
  return mayBeDone('reserve', answer)
}

export function reserveBody({ zoneId, quantity = 1 }: Wish): string {
  return `{"event_id":"${sale.eventId}","zone_id":"${zoneId}","quantity":${quantity}}`
}

export function startPayment(token: string, bookingId: string, simulate = 'succeed'): Answer {
  return post(
    '/payments/intents',
    { name: 'payment', token },
    JSON.stringify({ booking_id: bookingId, simulate }),
  )
}

export function confirm(token: string, bookingId: string, paymentId: string, name = 'confirm'): Answer {
  const body = JSON.stringify({ payment_id: paymentId })
  return mayBeDone('confirm', post(`/bookings/${bookingId}/confirm`, { name, token }, body))
}

export function cancel(token: string, bookingId: string, name = 'cancel'): Answer {
  return mayBeDone('cancel', post(`/bookings/${bookingId}/cancel`, { name, token }))
}

export function booking(token: string, bookingId: string): Answer {
  return get(`/bookings/${bookingId}`, { name: 'booking', token })
}

export function bookings(token: string): Answer {
  return get('/bookings?limit=10', { name: 'bookings', token })
}

export function joinQueue(token: string): Answer {
  return post('/queue/join', { name: 'join', token }, JSON.stringify({ event_id: sale.eventId }))
}

export function position(token: string): Answer {
  return get(`/queue/position/${sale.eventId}`, { name: 'position', token })
}

export function queueStatus(): Answer {
  return get(`/queue/status/${sale.eventId}`, { name: 'queue-status' })
}

export function events(): Answer {
  return get('/events', { name: 'events' })
}

export function event(): Answer {
  return get(`/events/${sale.eventId}`, { name: 'event' })
}

export function availability(): Answer {
  return get(`/events/${sale.eventId}/availability`, { name: 'availability' })
}

/** A field of a JSON answer; undefined where there is none. */
export function field(answer: Answer, name: string): string | undefined {
  return answer.body ? (answer.json(name) as string | undefined) : undefined
}

/** What `http.asyncRequest` and `http.batch` take, for requests beside each other. */
export function paramsOf({ name, token, headers = {}, timeout }: Sent, hasBody: boolean) {
  if (token) headers['Authorization'] = `Bearer ${token}`
  if (hasBody) headers['Content-Type'] = 'application/json'
  return { headers, tags: { name }, responseType: 'text' as const, ...(timeout ? { timeout } : {}) }
}

function get(path: string, sent: Sent): Answer {
  return http.get(baseUrl + path, paramsOf(sent, false))
}

function post(path: string, sent: Sent, body: string | null = null): Answer {
  return http.post(baseUrl + path, body, paramsOf(sent, body !== null))
}
