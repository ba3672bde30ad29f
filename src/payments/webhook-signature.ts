import { createHmac, timingSafeEqual } from 'node:crypto'

/** Why a webhook is not believed, or `genuine`. */
export type SignatureCheck = 'genuine' | 'missing' | 'malformed' | 'stale' | 'wrong'

const HEADER = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/

/** The header of a webhook: `t=<unix seconds>,v1=<hex of HMAC-SHA256(secret, t + "." + raw body)>`. */
export function signWebhook(secret: string, timestampSeconds: number, rawBody: Buffer | string): string {
  return `t=${timestampSeconds},v1=${digest(secret, timestampSeconds, rawBody).toString('hex')}`
}

/**
 * Checks a webhook over the bytes that came, not over what they parse to. A timestamp off by more than `toleranceSeconds`,
 * either way, is a webhook that was recorded and is played again.
 */
export function checkWebhook(options: {
  secret: string
  header: string | string[] | undefined
  rawBody: Buffer
  nowSeconds: number
  toleranceSeconds: number
}): SignatureCheck {
  const { secret, header, rawBody, nowSeconds, toleranceSeconds } = options
  if (header === undefined) return 'missing'
  const [, timestamp, signature] = (typeof header === 'string' && HEADER.exec(header)) || []
  if (timestamp === undefined || signature === undefined) return 'malformed'
  // The signature first: whoever cannot sign learns nothing about clocks.
  const expected = digest(secret, timestamp, rawBody)
  if (!timingSafeEqual(expected, Buffer.from(signature, 'hex'))) return 'wrong'
  return Math.abs(nowSeconds - Number(timestamp)) <= toleranceSeconds ? 'genuine' : 'stale'
}

function digest(secret: string, timestamp: number | string, rawBody: Buffer | string): Buffer {
  return createHmac('sha256', secret).update(`${timestamp}.`).update(rawBody).digest()
}
