import { Type } from 'typebox'
import { Id, nullable } from './common.ts'

export const SyncBody = Type.Object(
  { force: Type.Optional(Type.Boolean({ default: false })) },
  { 'x-optional': true },
)

const Seats = nullable(
  Type.Object({
    capacity: Type.Integer(),
    available: Type.Integer(),
    held: Type.Integer(),
    sold: Type.Integer(),
  }),
)

export const InventoryBody = Type.Object({
  in_sync: Type.Boolean(),
  zones: Type.Array(
    Type.Object({
      event_id: Id,
      zone_id: Id,
      redis: Seats,
      postgres: Seats,
      in_sync: Type.Boolean(),
    }),
  ),
})
