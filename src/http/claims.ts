import type { Role, Verified } from './identity.ts'

const roles: readonly unknown[] = ['customer', 'organizer', 'admin'] satisfies Role[]

/** 1 to 128 characters, none of them a control character: ids stand in keys, rows and logs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const userIdFormat = /^[^\x00-\x1f\x7f-\x9f]{1,128}$/

/** Reads who a verified token is about: `sub` or `user_id`, and `role`; a token without a role is a customer's. */
export function identityOfClaims(claims: Record<string, unknown>): Verified {
  const userId = claims.sub ?? claims.user_id
  if (typeof userId !== 'string' || !userIdFormat.test(userId)) {
    return { kind: 'invalid', why: 'the access token names no user' }
  }
  const role = claims.role ?? 'customer'
  if (!roles.includes(role)) return { kind: 'invalid', why: 'the access token has an unknown role' }
  return { kind: 'valid', identity: { userId, role: role as Role } }
}
