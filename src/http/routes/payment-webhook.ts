/** What the payment provider tells. It is answered 200 only once it is durably taken; anything else it sends again. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { TakeOutcome } from '../../payments/take-outcome.ts'
import type { Api } from '../api.ts'
import type { HttpDeps } from '../deps.ts'
import { makeRefuseSignature } from '../rate-limit.ts'
import { refuse } from '../refuse.ts'
import { errors } from '../schemas/common.ts'
import { WebhookBody, WebhookTaken } from '../schemas/payment.ts'

type Deps = Pick<HttpDeps, 'payments' | 'settings' | 'now'>

const HEADER = 'x-floodgate-signature'

/** In a scope of its own: only here a body stays the bytes that were signed until the signature was checked. */
export function paymentWebhookRoute(api: Api, deps: Deps): void {
  api.register(async (instance) => webhook(instance as Api, deps))
}

function webhook(api: Api, { payments, settings, now }: Deps): void {
  const refuseSignature = makeRefuseSignature(settings.RATE_LIMIT_BAD_SIGNATURES_PER_MINUTE, now)
  const parse = api.getDefaultJsonParser('error', 'error')
  api.removeContentTypeParser('application/json')
  api.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  )

  async function verify(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    if (!payments.isGenuine(request.headers[HEADER], raw)) return refuseSignature(request, reply)
    request.body = await new Promise((resolve, reject) => {
      void parse(request, raw.toString('utf8'), (error, body) => (error ? reject(error) : resolve(body)))
    })
  }

  api.post(
    '/payments/webhook',
    {
      config: { work: 'ending' },
      preValidation: verify,
      schema: {
        tags: ['payments'],
        summary: 'The payment provider tells what became of a payment',
        description:
          'Signed: X-Floodgate-Signature: t=<unix seconds>,v1=<hex of HMAC-SHA256(secret, t + "." + body)>',
        body: WebhookBody,
        response: { 200: WebhookTaken, ...errors },
      },
    },
    async (request, reply) => {
      const { type, data } = request.body
      const outcome = await payments.takeWebhook({
        id: data.payment_id,
        bookingId: data.booking_id.toLowerCase(),
        amountMinor: data.amount_minor,
        currency: data.currency,
        state: type === 'payment.succeeded' ? 'succeeded' : 'failed',
      })
      return answer(reply, outcome)
    },
  )
}

function answer(reply: FastifyReply, outcome: TakeOutcome): FastifyReply {
  switch (outcome.kind) {
    case 'taken':
    case 'repeated':
      return reply.code(200).send({ received: true })
    case 'unknown':
      return refuse(reply, 'NOT_FOUND', 'there is no such payment')
    case 'mismatch':
      return refuse(reply, 'INVALID_REQUEST', 'the payment is of another booking or amount')
    case 'contradiction':
      return refuse(reply, 'INVALID_REQUEST', 'the payment ended otherwise')
    default:
      return outcome satisfies never
  }
}
