import { hash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

const printable = /^[\x20-\x7e]{1,255}$/

export type IdempotencyKey =
  | { kind: 'none' }
  | { kind: 'key'; hash: string }
  | { kind: 'invalid'; why: string }

const none: IdempotencyKey = { kind: 'none' }

/**
 * Finds the caller's key in any of its three places. It is hashed to 22 letters (132 bits), so that what is kept of
 * it has one size and no meaning.
 */
export function idempotencyKey(headers: IncomingHttpHeaders, inBody: string | undefined): IdempotencyKey {
  const standard = headers['idempotency-key'] as string | undefined
  const extension = headers['x-idempotency-key'] as string | undefined
  const key = standard ?? extension ?? inBody
  if (key === undefined) return none
  if ((extension !== undefined && extension !== key) || (inBody !== undefined && inBody !== key)) {
    return {
      kind: 'invalid',
      why: 'two different idempotency keys were given',
    }
  }
  if (!printable.test(key)) {
    return {
      kind: 'invalid',
      why: 'an idempotency key has 1 to 255 printable ASCII characters',
    }
  }
  return { kind: 'key', hash: hash('sha256', key, 'base64url').slice(0, 22) }
}
