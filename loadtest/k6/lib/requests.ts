/**
 * Every request of the API that scenarios send, each with its name: by `name` the dashboards tell them apart. A status that a
 * scenario has to expect (sold out is an answer, not an error) counts as expected; what else comes is the scenario's to check.
 */
import http, { type RefinedResponse } from 'k6/http'
import { baseUrl, type Sale } from './settings.ts'

export type Answer = RefinedResponse<'text'>

const expected = http.expectedStatuses({ min: 200, max: 299 }, 409)

export function reserve(token: string, { eventId, zoneId }: Sale, quantity = 1): Answer {
  return post('reserve', '/bookings/reserve', token, { event_id: eventId, zone_id: zoneId, quantity })
}

export function startPayment(token: string, bookingId: string): Answer {
  return post('payment', '/payments/intents', token, { booking_id: bookingId })
}

export function confirm(token: string, bookingId: string, paymentId: string): Answer {
  return post('confirm', `/bookings/${bookingId}/confirm`, token, { payment_id: paymentId })
}

export function cancel(token: string, bookingId: string): Answer {
  return post('cancel', `/bookings/${bookingId}/cancel`, token)
}

export function availability({ eventId }: Sale): Answer {
  return http.get(`${baseUrl}/events/${eventId}/availability`, tagged('availability'))
}

/** A field of a JSON answer; undefined where there is none. */
export function field(answer: Answer, name: string): string | undefined {
  return answer.body ? (answer.json(name) as string | undefined) : undefined
}

function post(name: string, path: string, token: string, body?: object): Answer {
  const text = body === undefined ? null : JSON.stringify(body)
  return http.post(`${baseUrl}${path}`, text, tagged(name, { Authorization: `Bearer ${token}` }, body))
}

function tagged(name: string, headers: Record<string, string> = {}, body?: object) {
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  return { headers, tags: { name }, responseCallback: expected, responseType: 'text' as const }
}
