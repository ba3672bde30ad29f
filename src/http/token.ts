import { createSigner } from 'fast-jwt'
import type { Role } from './identity.ts'

/** Signs an access token (HS256) for local use, tests and load generators. */
export function signToken(token: {
  user: string
  role: Role
  expiresInSeconds: number
  secret: string
  audience: string
}): string {
  const sign = createSigner({
    key: token.secret,
    algorithm: 'HS256',
    aud: token.audience,
    expiresIn: token.expiresInSeconds * 1000,
  })
  return sign({ sub: token.user, role: token.role })
}
