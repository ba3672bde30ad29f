/** What the views say about events, zones and bookings alike. */
import { instant } from './format.js'

export function saleState(event) {
  const opens = Date.parse(event.sale_opens_at)
  if (event.status === 'cancelled') return 'Cancelled'
  if (event.status !== 'on_sale') return 'Not on sale'
  if (opens > Date.now()) return `On sale from ${instant(event.sale_opens_at)}`
  if (event.sale_closes_at && Date.parse(event.sale_closes_at) <= Date.now()) return 'The sale is over'
  return 'On sale'
}

export const zonesOf = (event) => event.shows.flatMap((show) => show.zones.map((zone) => ({ show, zone })))

/** The free seats of an event; null when one of its zones is not known at the moment. */
export function freeSeats(event) {
  return zonesOf(event).reduce(
    (sum, { zone }) => (sum === null || zone.available === null ? null : sum + zone.available),
    0,
  )
}

export const bookingStatus = {
  reserved: 'Held for you',
  confirmed: 'Yours',
  cancelled: 'Given back',
  expired: 'Ran out of time',
  refunded: 'Refunded',
}
