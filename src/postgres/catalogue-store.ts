/** The catalogue in PostgreSQL. Each change is one statement, so it happens as a whole or not at all. */
import type { CatalogueStore } from '../catalogue/ports.ts'
import { cancelEventRow } from './catalogue-cancel.ts'
import { findEvent } from './catalogue-find.ts'
import { insertEvent } from './catalogue-insert.ts'
import { listEvents } from './catalogue-list.ts'
import { updateEvent } from './catalogue-update.ts'
import type { Queryable } from './database.ts'

export function makeCatalogueStore(db: Queryable): CatalogueStore {
  return {
    find: (idOrSlug) => findEvent(db, idOrSlug),
    list: (page) => listEvents(db, page),
    async insert(event) {
      const id = await insertEvent(db, event)
      return id === null ? null : findEvent(db, id)
    },
    async update(eventId, change) {
      return (await updateEvent(db, eventId, change)) ? findEvent(db, eventId) : null
    },
    async cancel(eventId) {
      await cancelEventRow(db, eventId)
      return findEvent(db, eventId)
    },
  }
}
