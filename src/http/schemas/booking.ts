import { Type } from 'typebox'
import { Currency, Id, Instant, nullable, PageQuery, PriceMinor, text } from './common.ts'

const StatusText = Type.String({ enum: ['reserved', 'confirmed', 'cancelled', 'expired', 'refunded'] })

const Quantity = Type.Integer({ minimum: 1, maximum: 10 })

/** Up to 10 seats at 2^31 - 1 each. */
const TotalMinor = Type.Integer({ minimum: 0 })

export const ReserveBody = Type.Object({
  event_id: Id,
  zone_id: Id,
  show_id: Type.Optional(Id),
  quantity: Quantity,
  unit_price_minor: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 2_147_483_647,
      description: 'The price that the buyer saw; refused with PRICE_CHANGED when it is not the price now',
    }),
  ),
  queue_pass: Type.Optional(
    Type.String({ maxLength: 2048, description: 'The header X-Queue-Pass says the same' }),
  ),
  idempotency_key: Type.Optional(
    Type.String({
      pattern: '^[ -~]{1,255}$',
      description: 'Printable ASCII; the header Idempotency-Key says the same',
    }),
  ),
})

export const ReserveHeaders = Type.Object({
  'Idempotency-Key': Type.Optional(
    Type.String({ pattern: '^[ -~]{1,255}$', description: 'X-Idempotency-Key works too' }),
  ),
  'X-Queue-Pass': Type.Optional(Type.String()),
})

export const Reserved = Type.Object({
  booking_id: Id,
  status: StatusText,
  event_id: Id,
  show_id: Id,
  zone_id: Id,
  quantity: Quantity,
  unit_price_minor: PriceMinor,
  total_price_minor: TotalMinor,
  currency: Currency,
  expires_at: Type.String({ description: 'RFC 3339, UTC' }),
  remaining: Type.Integer({
    description: 'Seats of the zone that were still free',
  }),
})

export const BookingItem = Type.Object({
  id: Id,
  user_id: Type.String(),
  event_id: Id,
  show_id: Id,
  zone_id: Id,
  quantity: Quantity,
  status: StatusText,
  unit_price_minor: PriceMinor,
  total_price_minor: TotalMinor,
  currency: Currency,
  reserved_at: Instant,
  expires_at: Instant,
  confirmed_at: Type.Optional(Instant),
  confirmation_code: Type.Optional(Type.String()),
  payment_id: Type.Optional(Type.String()),
  ended_at: Type.Optional(Instant),
})

export const BookingPageBody = Type.Object({
  items: Type.Array(BookingItem),
  next_cursor: nullable(Id),
})

export const BookingQuery = Type.Object({
  ...PageQuery,
  event_id: Type.Optional(Id),
  confirmation_code: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9]{1,32}$',
      description: 'In either case',
    }),
  ),
})

export const ConfirmBody = Type.Object({ payment_id: text(255) })

export const Confirmed = Type.Object({
  booking_id: Id,
  status: StatusText,
  confirmed_at: Instant,
  confirmation_code: Type.String(),
})

export const Ended = Type.Object({
  booking_id: Id,
  status: StatusText,
  message: Type.String(),
})

export const SummaryQuery = Type.Object({ event_id: Id })

export const Summary = Type.Object({
  user_id: Type.String(),
  event_id: Id,
  booked_count: Type.Integer({ description: 'Seats reserved or confirmed' }),
  max_allowed: Type.Integer(),
  remaining_slots: Type.Integer({ minimum: 0 }),
  reserved: Type.Integer(),
  confirmed: Type.Integer(),
  cancelled: Type.Integer(),
  expired: Type.Integer(),
  refunded: Type.Integer(),
})
