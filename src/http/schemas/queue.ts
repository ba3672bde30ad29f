import { Type } from 'typebox'
import { Id, Instant, nullable } from './common.ts'

/** A signed token: three parts of base64url. */
const Token = Type.String({ minLength: 1, maxLength: 2048 })
const PausedBy = nullable(
  Type.String({
    enum: ['organizer', 'backlog', 'load', 'not_on_sale', 'draw', 'cap', null],
    description: 'Why nobody is let in just now',
  }),
)

export const EventParams = Type.Object({ event_id: Id })

export const JoinBody = Type.Object({
  event_id: Id,
  token: Type.Optional(
    Type.String({
      maxLength: 2048,
      description: 'The token of an earlier join: restores a place that was lost',
    }),
  ),
})

const standing = {
  event_id: Id,
  state: Type.String({ enum: ['waiting', 'ready', 'pre_queue'] }),
  position: Type.Integer({ minimum: 0, description: 'From 1; 0 before the draw, and with a pass' }),
  total_in_queue: Type.Integer({ minimum: 0 }),
  estimated_wait_seconds: nullable(Type.Integer({ minimum: 0, description: 'null while nobody is let in' })),
  is_ready: Type.Boolean(),
  paused_by: PausedBy,
  opens_at: Type.Optional(Instant),
  queue_pass: Type.Optional(Token),
  queue_pass_expires_at: Type.Optional(Instant),
}

export const PositionBody = Type.Object(standing)

const MovedTo = Type.Object({
  state: Type.String({ enum: ['waiting', 'pre_queue'] }),
  position: Type.Integer({ minimum: 0 }),
  total_in_queue: Type.Integer({ minimum: 0 }),
  estimated_wait_seconds: nullable(Type.Integer({ minimum: 0 })),
  is_ready: Type.Literal(false),
})
const Closed = Type.Object({ reason: Type.String(), reconnect: Type.Boolean() })

/** What one event of a stream holds. For the document only: streams are written past the serializer. */
export const PositionStream = {
  description: 'Events position, ready (with the pass) and closed, which is the last',
  content: {
    'text/event-stream': {
      schema: Type.Object({
        event: Type.String({ enum: ['position', 'ready', 'closed'] }),
        id: Type.Optional(
          Type.String({ description: 'For Last-Event-ID: a position that was seen is not sent again' }),
        ),
        data: Type.String({
          contentMediaType: 'application/json',
          contentSchema: Type.Union([PositionBody, MovedTo, Closed]),
        }),
      }),
    },
  },
}

export const JoinedBody = Type.Object({
  ...standing,
  token: nullable(Token),
  joined_at: nullable(Instant),
  expires_at: nullable(Instant),
})

export const LeaveBody = Type.Object({
  event_id: Id,
  token: Type.Optional(Type.String({ maxLength: 2048 })),
})

export const LeftBody = Type.Object({ success: Type.Boolean(), message: Type.String() })

const Draw = Type.Object({
  commitment: Type.String({ description: 'SHA-256 of the key’s 64 hex digits' }),
  key: nullable(
    Type.String({
      description: 'After the draw: scores are the first 52 bits of HMAC-SHA-256(key, user id)',
    }),
  ),
})

export const QueueStatusBody = Type.Object({
  event_id: Id,
  total_in_queue: Type.Integer({ minimum: 0 }),
  is_open: Type.Boolean(),
  state: Type.String({ enum: ['open', 'paused', 'closed'] }),
  release_rate: Type.Integer({ description: 'People a second' }),
  released: Type.Integer({ minimum: 0 }),
  paused_by: PausedBy,
  required: Type.Boolean({ description: 'A reservation needs a pass' }),
  pre_queue: Type.Boolean(),
  draw: Draw,
})

const Rate = Type.Integer({ minimum: 1, maximum: 100_000 })
const MaxSize = Type.Integer({ minimum: 1, maximum: 10_000_000 })
const MaxActive = nullable(
  Type.Integer({ minimum: 1, maximum: 10_000_000, description: 'Passes valid at a time; null: any number' }),
)
const State = Type.Union([Type.Literal('open'), Type.Literal('paused'), Type.Literal('closed')])

export const QueueChangeBody = Type.Object({
  release_rate_per_second: Type.Optional(Rate),
  max_size: Type.Optional(MaxSize),
  state: Type.Optional(State),
  required: Type.Optional(Type.Boolean()),
  max_active_passes: Type.Optional(MaxActive),
  pre_queue: Type.Optional(Type.Boolean()),
})

export const QueueBody = Type.Object({
  event_id: Id,
  release_rate_per_second: Rate,
  max_size: MaxSize,
  state: Type.String({ enum: ['open', 'paused', 'closed'] }),
  required: Type.Boolean(),
  max_active_passes: MaxActive,
  pre_queue: Type.Boolean(),
  waiting: Type.Integer({ minimum: 0 }),
  released: Type.Integer({ minimum: 0 }),
  active_passes: Type.Integer({ minimum: 0 }),
  paused_by: PausedBy,
  draw: Draw,
})
