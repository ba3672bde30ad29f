/** What a booking is for, in words; the event may be one that is not known here. */
import { zonesOf } from './event-text.js'
import { showTime } from './format.js'

export function whatOf(booking, event) {
  const at = event && zonesOf(event).find(({ zone }) => zone.id === booking.zone_id)
  return {
    event: event?.name ?? 'An event',
    zone: at ? `${at.show.name}, ${at.zone.name}` : 'A zone of it',
    show: at?.show.name ?? '',
    place: at?.zone.name ?? '',
    venue: at?.show.venue ?? '',
    when: at ? showTime(at.show.starts_at) : '',
  }
}
