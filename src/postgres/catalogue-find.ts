import type { CatalogueEvent } from '../catalogue/model.ts'
import { type EventRow, eventOfRow, SELECT_EVENT } from './catalogue-row.ts'
import type { Queryable } from './database.ts'

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** One event by its id or its slug. A slug never looks like an id. */
export async function findEvent(db: Queryable, idOrSlug: string): Promise<CatalogueEvent | null> {
  const byId = uuid.test(idOrSlug)
  const { rows } = await db.query<EventRow>({
    name: byId ? 'event_by_id' : 'event_by_slug',
    text: `${SELECT_EVENT} WHERE ${byId ? 'e.id' : 'e.slug'} = $1`,
    values: [idOrSlug],
  })
  return rows[0] ? eventOfRow(rows[0]) : null
}
