import { Counter, Histogram, type Registry } from 'prom-client'
import { makeBoundedLabel } from './bounded-label.ts'
import type { Closed } from './closed-label.ts'
import { makeHotHistogram } from './hot-histogram.ts'
import { DURATION_BUCKETS } from './http-durations.ts'

/** Why seats came back. */
export type ReleaseReason = 'cancelled' | 'refunded' | 'expired' | 'event_cancelled' | 'payment_declined'

/** Currencies with series of their own. */
const MAX_CURRENCIES = 20

/** What is sold, given back and paid for. */
export function makeBookingMetrics(registers: Registry[]) {
  return {
    /** What a currency is called here: one bound for all that count money, however many there are in a process. */
    currencyLabel: makeBoundedLabel(MAX_CURRENCIES),
    reservations: new Counter({
      name: 'booking_reservations_total',
      help: 'Reservations asked for, by outcome',
      labelNames: ['outcome'] as const,
      registers,
    }),
    confirmations: new Counter({
      name: 'booking_confirmations_total',
      help: 'Confirmations asked for, by outcome',
      labelNames: ['outcome'] as const,
      registers,
    }),
    releases: new Counter({
      name: 'booking_releases_total',
      help: 'Bookings that gave their seats back, by reason',
      labelNames: ['reason'] as const,
      registers,
    }) as Closed<'reason', ReleaseReason>,
    payments: new Counter({
      name: 'payments_total',
      help: 'Payments begun and ended, by outcome',
      labelNames: ['outcome'] as const,
      registers,
    }),
    paymentWebhooks: new Counter({
      name: 'payment_webhooks_total',
      help: 'Webhooks of the payment provider, by what became of them',
      labelNames: ['outcome'] as const,
      registers,
    }),
    paymentRefunds: new Counter({
      name: 'payment_refunds_total',
      help: 'Payments that were given back',
      registers,
    }),
    oversold: new Counter({
      name: 'booking_oversold_total',
      help: 'Confirmations that the capacity check refused; each is refunded and should wake somebody',
      registers,
    }),
    notifications: new Counter({
      name: 'notifications_total',
      help: 'Notices to buyers, by outcome',
      labelNames: ['outcome'] as const,
      registers,
    }),
    timeToConfirm: new Histogram({
      name: 'booking_time_to_confirm_seconds',
      help: 'Time from holding seats to confirming them',
      buckets: [1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1200],
      registers,
    }),
    stepDuration: makeHotHistogram({
      name: 'booking_step_duration_seconds',
      help: 'Time that a step of a use case took',
      labelNames: ['step'],
      buckets: DURATION_BUCKETS,
      registers,
    }),
    revenue: new Counter({
      name: 'booking_revenue_minor_total',
      help: 'Price of what was confirmed, in minor units of its currency',
      labelNames: ['currency'] as const,
      registers,
    }),
    refunded: new Counter({
      name: 'booking_refunded_minor_total',
      help: 'Price of what was confirmed and given back, in minor units of its currency',
      labelNames: ['currency'] as const,
      registers,
    }),
  }
}
