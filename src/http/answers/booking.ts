import type { Static } from 'typebox'
import type { Booking, Hold } from '../../booking/model.ts'
import type { BookingItem, Reserved } from '../schemas/booking.ts'
import { instant } from './instant.ts'

export function reservedView(hold: Hold, remaining: number): Static<typeof Reserved> {
  return {
    booking_id: hold.bookingId,
    status: 'reserved',
    event_id: hold.eventId,
    show_id: hold.showId,
    zone_id: hold.zoneId,
    quantity: hold.quantity,
    unit_price_minor: hold.unitPriceMinor,
    total_price_minor: hold.unitPriceMinor * hold.quantity,
    currency: hold.currency,
    expires_at: instant(hold.expiresAtMs),
    remaining,
  }
}

export function bookingView(booking: Booking): Static<typeof BookingItem> {
  const { confirmedAtMs, confirmationCode, paymentId, endedAtMs } = booking
  return {
    id: booking.bookingId,
    user_id: booking.userId,
    event_id: booking.eventId,
    show_id: booking.showId,
    zone_id: booking.zoneId,
    quantity: booking.quantity,
    status: booking.status,
    unit_price_minor: booking.unitPriceMinor,
    total_price_minor: booking.unitPriceMinor * booking.quantity,
    currency: booking.currency,
    reserved_at: instant(booking.createdAtMs),
    expires_at: instant(booking.expiresAtMs),
    ...(confirmedAtMs !== null && { confirmed_at: instant(confirmedAtMs) }),
    ...(confirmationCode !== null && { confirmation_code: confirmationCode }),
    ...(paymentId !== null && { payment_id: paymentId }),
    ...(endedAtMs !== null && { ended_at: instant(endedAtMs) }),
  }
}
