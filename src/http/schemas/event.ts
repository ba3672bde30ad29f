import { Type } from 'typebox'
import { Currency, Id, Instant, nullable, PageQuery, PriceMinor, text } from './common.ts'

const Status = Type.String({
  enum: ['draft', 'on_sale', 'closed', 'cancelled'],
})
const SettableStatus = Type.Union([Type.Literal('draft'), Type.Literal('on_sale'), Type.Literal('closed')])

/** Above any venue, and far below where sums of zones leave PostgreSQL's integer. */
const Capacity = Type.Integer({ minimum: 0, maximum: 10_000_000 })
const RefundWindowHours = Type.Integer({ minimum: 0, maximum: 8760 })
const MaxTickets = Type.Integer({ minimum: 1, maximum: 1000 })

const Available = nullable(
  Type.Integer({
    description: 'Free seats now; null: not known at the moment',
  }),
)

const ZoneBody = Type.Object({
  id: Id,
  name: Type.String(),
  capacity: Capacity,
  price_minor: PriceMinor,
  currency: Currency,
  available: Available,
})

const ShowBody = Type.Object({
  id: Id,
  name: Type.String(),
  venue: Type.String(),
  starts_at: Instant,
  zones: Type.Array(ZoneBody),
})

export const EventBody = Type.Object({
  id: Id,
  slug: Type.String(),
  name: Type.String(),
  description: Type.String(),
  organizer_id: Type.String(),
  status: Status,
  sale_opens_at: Instant,
  sale_closes_at: nullable(Instant),
  max_tickets_per_user: MaxTickets,
  refund_window_hours: RefundWindowHours,
  queue_required: Type.Boolean({ description: 'A reservation needs a pass of the event’s queue' }),
  version: Type.Integer(),
  created_at: Instant,
  updated_at: Instant,
  shows: Type.Array(ShowBody),
})

export const EventPageBody = Type.Object({
  items: Type.Array(EventBody),
  next_cursor: nullable(Id),
})

export const EventQuery = Type.Object(PageQuery)

/** An id, or a slug, which is no longer than this. */
export const IdOrSlugParams = Type.Object({
  idOrSlug: Type.String({
    pattern: '^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$',
    maxLength: 80,
  }),
})

export const AvailabilityBody = Type.Object({
  event_id: Id,
  status: Status,
  sale_opens_at: Instant,
  sale_closes_at: nullable(Instant),
  zones: Type.Array(
    Type.Object({
      show_id: Id,
      zone_id: Id,
      capacity: Capacity,
      price_minor: PriceMinor,
      currency: Currency,
      available: Available,
    }),
  ),
})

const NewZone = Type.Object({
  name: text(100),
  capacity: Capacity,
  price_minor: PriceMinor,
  currency: Currency,
})

const NewShow = Type.Object({
  name: text(200),
  venue: text(200),
  starts_at: Instant,
  zones: Type.Array(NewZone, { minItems: 1, maxItems: 100 }),
})

export const NewEventBody = Type.Object({
  slug: Type.String({
    pattern: '^[a-z0-9]+(-[a-z0-9]+)*$',
    minLength: 1,
    maxLength: 80,
  }),
  name: text(200),
  description: Type.Optional(text(5000, 0)),
  status: Type.Optional(SettableStatus),
  sale_opens_at: Instant,
  sale_closes_at: Type.Optional(nullable(Instant)),
  max_tickets_per_user: Type.Optional(MaxTickets),
  refund_window_hours: Type.Optional(RefundWindowHours),
  queue_required: Type.Optional(Type.Boolean()),
  shows: Type.Array(NewShow, { minItems: 1, maxItems: 50 }),
})

export const EventChangeBody = Type.Object({
  name: Type.Optional(text(200)),
  description: Type.Optional(text(5000, 0)),
  status: Type.Optional(SettableStatus),
  sale_opens_at: Type.Optional(Instant),
  sale_closes_at: Type.Optional(nullable(Instant)),
  max_tickets_per_user: Type.Optional(MaxTickets),
  refund_window_hours: Type.Optional(RefundWindowHours),
  queue_required: Type.Optional(Type.Boolean()),
  zones: Type.Optional(
    Type.Array(
      Type.Object({
        id: Id,
        name: Type.Optional(text(100)),
        price_minor: Type.Optional(PriceMinor),
        capacity: Type.Optional(Capacity),
      }),
      { maxItems: 500 },
    ),
  ),
})
