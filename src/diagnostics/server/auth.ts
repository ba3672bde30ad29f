import { timingSafeEqual } from 'node:crypto'
import type { Scope } from '../link/protocol.ts'
import { Refusal } from '../refusal.ts'
import { hashOf, scopes, type ThreadConfig } from '../thread-config.ts'

/** The scope that a request's token opens; null without a known one. Without any token set, whoever reaches loopback may do all. */
export function scopeOf(authorization: string | undefined, tokens: ThreadConfig['tokens']): Scope | null {
  if (tokens.length === 0) return 'heap'
  const given = tokenIn(authorization)
  if (given === null) return null
  const hash = hashOf(given)
  let found: Scope | null = null
  // All are compared, and hashes in constant time: how long it takes says nothing.
  for (const token of tokens) if (timingSafeEqual(hash, token.hash)) found = token.scope
  return found
}

/** Bearer, or basic with any user name and the token for a password: go tool pprof http://x:TOKEN@host/… */
function tokenIn(authorization: string | undefined): string | null {
  const [, scheme = '', credentials = ''] = /^(\w+) +(\S+)$/.exec(authorization ?? '') ?? []
  if (/^bearer$/i.test(scheme)) return credentials
  if (!/^basic$/i.test(scheme)) return null
  const pair = Buffer.from(credentials, 'base64').toString()
  const colon = pair.indexOf(':')
  return colon < 0 ? null : pair.slice(colon + 1)
}

/** @throws Refusal forbidden (403) */
export function checkScope(has: Scope, needs: Scope): void {
  if (scopes.indexOf(has) >= scopes.indexOf(needs)) return
  throw new Refusal({
    status: 403,
    code: 'forbidden',
    message: `this token opens ${has}; ${needs} is needed`,
  })
}

export function unauthorized(): Refusal {
  return new Refusal({
    status: 401,
    code: 'unauthorized',
    message: 'a token is needed: Authorization: Bearer TOKEN, or http://x:TOKEN@host for go tool pprof',
    headers: { 'www-authenticate': 'Basic realm="diagnostics", charset="UTF-8", Bearer realm="diagnostics"' },
  })
}
