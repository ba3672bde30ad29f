import { Type } from 'typebox'
import { Currency, Id } from './common.ts'

export const IntentBody = Type.Object({
  booking_id: Id,
  simulate: Type.Optional(
    Type.Union([Type.Literal('succeed'), Type.Literal('decline'), Type.Literal('pending')], {
      default: 'succeed',
      description: 'What the simulated provider does with it',
    }),
  ),
})

export const PaymentParams = Type.Object({
  id: Type.String({ pattern: '^[A-Za-z0-9_-]{1,128}$' }),
})

export const PaymentBody = Type.Object({
  payment_id: Type.String(),
  booking_id: Id,
  amount_minor: Type.Integer({ minimum: 0 }),
  currency: Currency,
  status: Type.String({ enum: ['pending', 'succeeded', 'failed'] }),
})
