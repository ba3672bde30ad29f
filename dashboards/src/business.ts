import { line, row } from './build/board.ts'
import { graph } from './build/graph.ts'
import { bars } from './build/others.ts'
import { max, of, quantile, rate, sum } from './build/promql.ts'
import { query } from './build/query.ts'
import { stat } from './build/stat.ts'

/** Every process that looks reports the same seats. */
const seats = (...matchers: string[]) => max(of('inventory_seats', ...matchers), 'event', 'zone', 'state')
const grew = (metric: string, ...matchers: string[]) => sum(`increase(${of(metric, ...matchers)}[$__range])`)
const left = sum(seats('state="available"'), 'event')
/** Seats a second that are taken: the fall of what is available, where it falls. */
const taken = `(${sum(`-deriv(${of('inventory_seats', 'state="available"')}[5m])`, 'event')} > 0)`

export const business = {
  uid: 'floodgate-business',
  title: 'Floodgate / Business',
  description:
    'What is sold: seats, money, the way from the queue to the ticket, and how long the seats will last.',
  from: 'now-1h',
  rows: [
    row(
      'In the shown time',
      line(
        4,
        stat({
          title: 'Reserved',
          description:
            'Reservations that got their seats. Some will expire or be cancelled: compare with "Confirmed".',
          width: 4,
          unit: 'short',
          decimals: 0,
          queries: [query(grew('booking_reservations_total', 'outcome="reserved"'), 'reserved')],
          noValue: 'none',
        }),
        stat({
          title: 'Confirmed',
          description:
            'Bookings that became tickets: paid, and committed in PostgreSQL. Refunds of the same time are not taken off.',
          width: 4,
          unit: 'short',
          decimals: 0,
          queries: [query(grew('booking_confirmations_total', 'outcome="confirmed"'), 'confirmed')],
          noValue: 'none',
        }),
        stat({
          title: 'Revenue',
          description:
            'Of confirmed bookings, in hundredths of a currency’s unit made whole: for currencies without hundredths (JPY) multiply by 100.',
          width: 4,
          unit: 'short',
          decimals: 0,
          queries: [
            query(
              `${sum(`increase(${of('booking_revenue_minor_total')}[$__range])`, 'currency')} / 100`,
              '{{currency}}',
            ),
          ],
          noValue: 'none',
        }),
        stat({
          title: 'Seats left',
          description:
            'On sale now, over all events: neither held nor sold. Holds that expire come back to it.',
          width: 4,
          unit: 'short',
          decimals: 0,
          queries: [query(sum(seats('state="available"')), 'seats')],
          noValue: 'nothing is on sale',
        }),
        stat({
          title: 'Sold',
          description:
            'Share of all seats of the events on sale that are confirmed. Held seats do not count.',
          width: 4,
          unit: 'percentunit',
          decimals: 1,
          queries: [query(`${sum(seats('state="sold"'))} / ${sum(seats())}`, 'sold')],
          noValue: 'nothing is on sale',
        }),
        stat({
          title: 'Oversold',
          description:
            'Confirmations that the capacity check refused since the processes started. Nobody got a seat twice, but it must be 0.',
          width: 4,
          unit: 'short',
          queries: [query(sum(of('booking_oversold_total')), 'refused')],
          limits: { bad: 1 },
          plain: true,
        }),
      ),
    ),
    row(
      'The way to a ticket',
      line(
        9,
        bars({
          title: 'Funnel',
          description:
            'How many people or bookings came so far in the shown time. Each bar should be a little shorter than the one above; events without a queue begin at "reserved".',
          width: 8,
          unit: 'short',
          queries: [
            query(grew('queue_joins_total'), '1 joined the queue'),
            query(grew('queue_released_total'), '2 let in'),
            query(grew('booking_reservations_total', 'outcome="reserved"'), '3 reserved'),
            query(grew('payments_total', 'outcome="succeeded"'), '4 paid'),
            query(grew('booking_confirmations_total', 'outcome="confirmed"'), '5 confirmed'),
          ],
          noValue: 'none',
        }),
        graph({
          title: 'Reservations, by outcome',
          description:
            'reserved; sold_out and over the limit are answers, not errors; fault is ours. A wall of sold_out is the end of an on-sale.',
          width: 8,
          unit: 'ops',
          stacked: true,
          queries: [query(sum(rate(of('booking_reservations_total')), 'outcome'), '{{outcome}}')],
          noValue: 'none',
        }),
        graph({
          title: 'From reservation to ticket',
          description:
            'How long buyers take (p50, p95). Holds end after ten minutes: a p95 near that loses buyers.',
          width: 8,
          unit: 's',
          queries: [
            query(quantile(0.5, 'booking_time_to_confirm_seconds'), 'p50'),
            query(quantile(0.95, 'booking_time_to_confirm_seconds'), 'p95'),
          ],
          limits: { bad: 600 },
          noValue: 'nobody confirmed',
        }),
      ),
      line(
        8,
        graph({
          title: 'Confirmations, by outcome',
          description: 'confirmed; expired came too late; payment_not_completed before its payment.',
          width: 8,
          unit: 'ops',
          stacked: true,
          queries: [query(sum(rate(of('booking_confirmations_total')), 'outcome'), '{{outcome}}')],
          noValue: 'none',
        }),
        graph({
          title: 'Seats given back, by reason',
          description:
            'Bookings that ended without a ticket: expired, cancelled, refunded, payment declined, event cancelled.',
          width: 8,
          unit: 'ops',
          stacked: true,
          queries: [query(sum(rate(of('booking_releases_total')), 'reason'), '{{reason}}')],
          noValue: 'none',
        }),
        graph({
          title: 'Payments, by outcome',
          description:
            'Begun, succeeded, declined and given back, a second. Many declined ones are the provider’s doing; given back without a refund asked for means money that came too late.',
          width: 8,
          unit: 'ops',
          queries: [
            query(sum(rate(of('payments_total')), 'outcome'), '{{outcome}}'),
            query(sum(rate(of('payment_refunds_total'))), 'given back'),
          ],
          noValue: 'none',
        }),
      ),
    ),
    row(
      'Seats and money',
      line(
        8,
        graph({
          title: 'Seats, by event and state',
          description:
            'available, held and sold add up to the capacity at every moment; the audit checks it.',
          width: 8,
          unit: 'short',
          legend: 'right',
          queries: [query(sum(seats(), 'event', 'state'), '{{state}}, {{event}}')],
          noValue: 'nothing is on sale',
        }),
        graph({
          title: 'Time to sell out',
          description:
            'Seats left, divided by how fast they went in the last five minutes. Held seats count as taken: those that expire come back.',
          width: 8,
          unit: 's',
          queries: [query(`${left} / ${taken}`, '{{event}}')],
          noValue: 'nothing is being taken',
        }),
        graph({
          title: 'Revenue and refunds a minute, by currency',
          description:
            'In whole units of the currency (see "Revenue"). Refunds above revenue: an event was cancelled.',
          width: 8,
          unit: 'short',
          queries: [
            query(
              `60 * ${sum(rate(of('booking_revenue_minor_total')), 'currency')} / 100`,
              'revenue, {{currency}}',
            ),
            query(
              `60 * ${sum(rate(of('booking_refunded_minor_total')), 'currency')} / 100`,
              'refunded, {{currency}}',
            ),
          ],
          noValue: 'none',
        }),
      ),
      line(
        7,
        graph({
          title: 'Seats left, by zone',
          description:
            'Which zones go first. One at 0 answers every reservation with 409; a line that rises is holds that expired, or capacity that was added. Of more than 500 zones the others are counted only.',
          width: 12,
          unit: 'short',
          legend: 'right',
          queries: [
            query(max(of('inventory_seats', 'state="available"'), 'event', 'zone'), '{{zone}}'),
            query(max(of('inventory_hidden_zones')), 'zones not shown'),
          ],
          noValue: 'nothing is on sale',
        }),
        graph({
          title: 'Do the books add up?',
          description:
            'Seats by which the last look missed an invariant, by store. It moves while seats are sold, because two stores are read one after the other; a line that stays up is a fault, and three equal findings page.',
          width: 12,
          unit: 'short',
          queries: [
            query(max(of('inventory_drift_seats'), 'store'), 'drift, {{store}}'),
            query(sum(of('inventory_audit_failures_total')), 'failed audits'),
          ],
        }),
      ),
    ),
  ],
}
