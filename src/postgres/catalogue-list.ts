import type { CatalogueEvent } from '../catalogue/model.ts'
import { type EventRow, eventOfRow, SELECT_EVENT } from './catalogue-row.ts'
import type { Queryable } from './database.ts'

// Ids are UUIDs version 7, so the primary key's order is the order of creation.
const LIST = `${SELECT_EVENT}
WHERE e.id < coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
  AND (e.status <> 'draft' OR e.organizer_id = $2::text)
ORDER BY e.id DESC LIMIT $3::int`

/** A page of events, newest first; drafts only of the given organizer. */
export async function listEvents(
  db: Queryable,
  page: {
    before: string | null
    limit: number
    includeDraftsOf: string | null
  },
): Promise<CatalogueEvent[]> {
  const { rows } = await db.query<EventRow>({
    name: 'events_page',
    text: LIST,
    values: [page.before, page.includeDraftsOf, page.limit],
  })
  return rows.map(eventOfRow)
}
