import { type Static, type TSchema, Type } from 'typebox'
import type { ErrorBody } from '../errors.ts'

/** Any UUID, in either case; routes lower it before use. */
export const Id = Type.String({ format: 'uuid' })

export const IdParams = Type.Object({ id: Id })

/** RFC 3339. */
export const Instant = Type.String({ format: 'date-time' })

/** ISO 4217 */
export const Currency = Type.String({
  pattern: '^[A-Z]{3}$',
  examples: ['THB', 'EUR'],
})

/** An amount of money in the currency's minor unit, as far as PostgreSQL's integer goes. */
export const PriceMinor = Type.Integer({ minimum: 0, maximum: 2_147_483_647 })

/** Text of 1 to `maxLength` characters. PostgreSQL has no NUL character, so it is refused here. */
export const text = (maxLength: number, minLength = 1) =>
  Type.String({ minLength, maxLength, pattern: '^[^\\u0000]*$' })

/** A value or null, in the form that is serialized without trying alternatives. */
export function nullable<T extends TSchema>(schema: T) {
  const { type } = schema as { type?: string }
  return Type.Unsafe<Static<T> | null>({ ...schema, type: [type, 'null'] })
}

export const PageQuery = {
  cursor: Type.Optional(Id),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
}

export const ErrorResponse = Type.Unsafe<ErrorBody>(
  Type.Object(
    {
      statusCode: Type.Integer(),
      code: Type.String({ description: 'Stable; the message is not' }),
      error: Type.String(),
      message: Type.String(),
      unit_price_minor: Type.Optional(PriceMinor),
    },
    { title: 'Error' },
  ),
)

/** The error answers of every route. */
export const errors = { '4xx': ErrorResponse, '5xx': ErrorResponse }

export const bearer = [{ bearer: [] }]
