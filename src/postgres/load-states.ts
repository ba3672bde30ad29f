import type { Queryable } from './database.ts'

export interface StoredLoadState {
  eventId: string
  version: number
  hasUnloadedZones: boolean
  hasLoadedZones: boolean
}

/** Events in the order of their ids, with what should be in Redis of them. */
export async function loadStates(
  database: Queryable,
  afterEventId: string | null,
  limit: number,
): Promise<StoredLoadState[]> {
  const { rows } = await database.query<{
    id: string
    version: number
    unloaded: boolean
    loaded: boolean
  }>({
    name: 'load_states',
    text: `
      SELECT e.id, e.version, coalesce(bool_or(z.loaded_at IS NULL), false) AS unloaded,
        coalesce(bool_or(z.loaded_at IS NOT NULL), false) AS loaded
      FROM (SELECT id, version FROM events WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2) e
      LEFT JOIN zones z ON z.event_id = e.id GROUP BY e.id, e.version ORDER BY e.id`,
    values: [afterEventId, limit],
  })
  return rows.map((row) => ({
    eventId: row.id,
    version: row.version,
    hasUnloadedZones: row.unloaded,
    hasLoadedZones: row.loaded,
  }))
}
