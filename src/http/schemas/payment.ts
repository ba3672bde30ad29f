import { Type } from 'typebox'
import { paymentMethods } from '../../payments/ports.ts'
import { Currency, Id, text } from './common.ts'

export const IntentBody = Type.Object({
  booking_id: Id,
  simulate: Type.Optional(
    Type.Union(
      paymentMethods.map((method) => Type.Literal(method)),
      {
        default: 'succeed',
        description: 'What the simulated provider does with it',
      },
    ),
  ),
})

const PaymentId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,128}$' })

export const PaymentParams = Type.Object({ id: PaymentId })

export const PaymentBody = Type.Object({
  payment_id: Type.String(),
  booking_id: Id,
  amount_minor: Type.Integer({ minimum: 0 }),
  currency: Currency,
  status: Type.String({ enum: ['pending', 'succeeded', 'failed', 'refunding', 'refunded'] }),
})

export const WebhookBody = Type.Object({
  id: text(128),
  type: Type.Union([Type.Literal('payment.succeeded'), Type.Literal('payment.failed')]),
  data: Type.Object({
    payment_id: PaymentId,
    booking_id: Id,
    amount_minor: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    currency: Currency,
  }),
})

export const WebhookTaken = Type.Object({ received: Type.Literal(true) })
