/** What k6 was told, beside what the stores hold. */
import type { Stage } from '../bench/stage.ts'
import type { Acknowledged } from './k6-summary.ts'
import type { Scenario, Stored } from './scenario.ts'

export async function storedOf({ tools }: Stage, eventId: string): Promise<Stored> {
  const { rows } = await tools.database.query<Stored>({
    text: `SELECT count(*)::int AS bookings,
        count(*) FILTER (WHERE confirmed_at IS NOT NULL)::int AS confirmed,
        count(*) FILTER (WHERE status = 'cancelled')::int AS cancelled,
        coalesce(sum(quantity) FILTER (WHERE status IN ('reserved', 'confirmed')), 0)::int AS "seatsTaken"
      FROM bookings WHERE event_id = $1`,
    values: [eventId],
  })
  return rows[0] ?? { bookings: 0, confirmed: 0, cancelled: 0, seatsTaken: 0 }
}

/** acknowledged ≤ stored ≤ acknowledged + unanswered, of each kind; equal when nothing was unanswered. @returns what is not so */
export function compareBooks(
  acknowledged: Acknowledged,
  stored: Stored,
  { paidBehindTheBack = false }: Pick<Scenario, 'paidBehindTheBack'>,
): string[] {
  const { unanswered } = acknowledged
  return [
    ...compare('reservations', acknowledged.reserved, stored.bookings, unanswered.reserve),
    ...compare(
      'confirmations',
      acknowledged.confirmed,
      stored.confirmed,
      paidBehindTheBack ? Infinity : unanswered.confirm,
    ),
    ...compare('cancellations', acknowledged.cancelled, stored.cancelled, unanswered.cancel),
  ]
}

function compare(what: string, acknowledged: number, stored: number, unanswered: number): string[] {
  if (stored < acknowledged) return [`${acknowledged} ${what} were acknowledged, and ${stored} are stored`]
  if (stored > acknowledged + unanswered)
    return [
      `${stored} ${what} are stored, and ${acknowledged} were acknowledged and ${unanswered} unanswered`,
    ]
  return []
}
