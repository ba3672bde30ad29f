/** A steady sale beside a fault: people reserve, half of them pay, some give back. What is refused meanwhile is the drill's to judge. */
import exec from 'k6/execution'
import type { Options } from 'k6/options'
import { steady } from '../lib/arrivals.ts'
import { counted, shared } from '../lib/limits.ts'
import { cancel, confirm, field, reserve, startPayment } from '../lib/requests.ts'
import { numberOf, tokenOf, zoneOf } from '../lib/settings.ts'

export const options: Options = {
  ...shared,
  scenarios: { drill: steady('visit', numberOf('RATE', 100), { seconds: numberOf('SECONDS', 20) }) },
  thresholds: counted('reserve', 'payment', 'confirm', 'cancel'),
}

export function visit(): void {
  const turn = exec.scenario.iterationInTest
  const token = tokenOf(turn)
  const held = reserve(token, { zoneId: zoneOf(turn) })
  const bookingId = held.status === 201 ? field(held, 'booking_id') : undefined
  if (bookingId === undefined) return
  if (turn % 10 === 0) cancel(token, bookingId)
  else if (turn % 2 === 0) {
    const started = startPayment(token, bookingId)
    const paymentId = started.status === 201 ? field(started, 'payment_id') : undefined
    if (paymentId !== undefined) confirm(token, bookingId, paymentId)
  }
}
