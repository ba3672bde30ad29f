import { createVerifier, TokenError } from 'fast-jwt'
import { identityOfClaims } from './claims.ts'
import type { Verified, VerifyToken } from './identity.ts'
import { makeJwksVerifier } from './jwks.ts'

export interface TokenSettings {
  JWT_SECRET: string
  JWT_PUBLIC_KEY: string
  JWT_JWKS_URL: string
  JWT_AUDIENCE: string
}

/** Tokens that were verified lately; only where the check is dear. An HMAC costs no more than looking it up. */
const ASYMMETRIC_CACHE_TOKENS = 10_000

/**
 * Makes the check that the settings ask for. The algorithm is fixed by the kind of key, never by the token;
 * audience and expiry are required, so a queue pass, which has another audience and another key, is not an access
 * token.
 * @throws when JWT_PUBLIC_KEY is not an RSA or Ed25519 public key
 */
export function makeTokenVerifier(settings: TokenSettings): VerifyToken {
  const { JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS_URL, JWT_AUDIENCE } = settings
  if (JWT_JWKS_URL !== '') return makeJwksVerifier(JWT_JWKS_URL, (pem) => verifierOfKey(pem, JWT_AUDIENCE))
  if (JWT_PUBLIC_KEY !== '') {
    // In an environment variable the line ends of a PEM are often written as \n.
    return verifierOfKey(JWT_PUBLIC_KEY.replaceAll('\\n', '\n'), JWT_AUDIENCE)
  }
  return checked(
    createVerifier({
      key: JWT_SECRET,
      algorithms: ['HS256'],
      allowedAud: JWT_AUDIENCE,
      requiredClaims: ['exp', 'aud'],
    }),
  )
}

function verifierOfKey(pem: string, audience: string): (token: string) => Verified {
  return checked(
    createVerifier({
      key: pem,
      algorithms: ['RS256', 'EdDSA'],
      allowedAud: audience,
      requiredClaims: ['exp', 'aud'],
      cache: ASYMMETRIC_CACHE_TOKENS,
    }),
  )
}

function checked(verify: (token: string) => unknown): (token: string) => Verified {
  return (token) => {
    try {
      return identityOfClaims(verify(token) as Record<string, unknown>)
    } catch (error) {
      if (!(error instanceof TokenError)) throw error
      if (error.code === TokenError.codes.expired) return { kind: 'expired' }
      return { kind: 'invalid', why: 'the access token is not valid' }
    }
  }
}
