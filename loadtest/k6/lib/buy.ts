/** Steps from a seat to a ticket, each with its check. */
import { check } from 'k6'
import { type Answer, confirm, field, reserve, startPayment, type Wish } from './requests.ts'

/** @returns the booking; undefined when no seat is held */
export function hold(token: string, wish: Wish): string | undefined {
  const held = reserve(token, wish)
  check(held, { 'a seat is held': ({ status }) => status === 201 })
  return held.status === 201 ? field(held, 'booking_id') : undefined
}

/** @returns the answer to the confirmation; undefined when the payment was not begun */
export function pay(token: string, bookingId: string): Answer | undefined {
  const started = startPayment(token, bookingId)
  const paymentId = field(started, 'payment_id')
  check(started, { 'a payment is begun': ({ status }) => status === 201 })
  if (paymentId === undefined) return undefined
  const confirmed = confirm(token, bookingId, paymentId)
  check(confirmed, { 'a booking is confirmed': ({ status }) => status === 200 })
  return confirmed
}
