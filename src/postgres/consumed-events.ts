import type { ConsumedEvents, ReceivedEvent } from '../pipeline/consumer-ports.ts'
import { tokens } from './booking-row.ts'
import type { Queryable } from './database.ts'

const LOOK = `
SELECT EXISTS (SELECT FROM consumed_messages c WHERE c.consumer_group = $1 AND c.event_id = i.event_id) AS is_known,
  coalesce((SELECT max(c.version) FROM consumed_messages c
    WHERE c.consumer_group = $1 AND c.booking_id = i.booking_id AND c.version IS NOT NULL), 0) AS last_version
FROM unnest($2::uuid[], $3::uuid[]) WITH ORDINALITY AS i (event_id, booking_id, place) ORDER BY place`

const MARK = `
INSERT INTO consumed_messages (consumer_group, event_id, booking_id, version)
SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::smallint[]) ON CONFLICT DO NOTHING`

/** Two workers may forget at a time: each takes rows that the other has not. */
const FORGET = `
DELETE FROM consumed_messages WHERE ctid = ANY (ARRAY(
  SELECT ctid FROM consumed_messages WHERE consumed_at < now() - $1 * interval '1 hour'
  ORDER BY consumed_at LIMIT $2 FOR UPDATE SKIP LOCKED))`

export function makeConsumedEvents(database: Queryable): ConsumedEvents {
  return {
    async look(group, events) {
      if (events.length === 0) return []
      const { rows } = await database.query<{ is_known: boolean; last_version: number }>({
        name: 'consumed_look',
        text: LOOK,
        values: [group, ...idsOf(events)],
      })
      return rows.map((row) => ({ isKnown: row.is_known, lastVersion: row.last_version }))
    },

    async mark(group, events, versioned) {
      if (events.length === 0) return
      await database.query({
        name: 'consumed_mark',
        text: MARK,
        values: [
          group,
          ...idsOf(events),
          versioned ? tokens(events.map(({ version }) => version)) : events.map(() => null),
        ],
      })
    },

    async forget(olderThanHours, limit) {
      const { rowCount } = await database.query({
        name: 'consumed_forget',
        text: FORGET,
        values: [olderThanHours, limit],
      })
      return rowCount ?? 0
    },
  }
}

function idsOf(events: readonly ReceivedEvent[]): [string, string] {
  return [tokens(events.map(({ eventId }) => eventId)), tokens(events.map(({ bookingId }) => bookingId))]
}
