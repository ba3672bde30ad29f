import type { CatalogueEvent } from './model.ts'

/** Somebody who asks something of the catalogue. */
export interface Person {
  userId: string
  role: 'customer' | 'organizer' | 'admin'
}

/** Whether a person may change an event and see its drafts: its own organizer, or an admin. */
export function runsEvent(person: Person | null, event: CatalogueEvent): boolean {
  if (person === null) return false
  return person.role === 'admin' || (person.role === 'organizer' && person.userId === event.organizerId)
}
