import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { Unavailable } from '../pipeline/unavailable.ts'
import type { Verified, VerifyToken } from './identity.ts'

/** Keys are read again after this time, so that one that was withdrawn is not trusted for long. */
const REFRESH_AFTER_MS = 10 * 60_000
/** A token that names an unknown key makes us read the keys at most this often: anybody can invent such tokens. */
const UNKNOWN_KEY_PAUSE_MS = 10_000
/** And while there are no keys at all, at most this often. */
const NO_KEYS_PAUSE_MS = 1000
const FETCH_TIMEOUT_MS = 3000
const MAX_KEYS = 32
const MAX_BYTES = 256 * 1024

type Verify = (token: string) => Verified

/**
 * Verifies tokens by the keys that an issuer publishes, one verifier for each key id. While the issuer is away the
 * keys that are known stay in use.
 */
export function makeJwksVerifier(url: string, verifierOfKey: (pem: string) => Verify): VerifyToken {
  let verifiers = new Map<string, Verify>()
  let askedAtMs = Number.NEGATIVE_INFINITY
  let loadedOnce = false
  let loading: Promise<void> | null = null

  function load(): Promise<void> {
    if (loading) return loading
    askedAtMs = performance.now()
    loading = fetchKeys(url)
      .then((keys) => {
        verifiers = new Map(keys.map(({ kid, pem }) => [kid, verifierOfKey(pem)]))
        loadedOnce = true
      })
      .finally(() => {
        loading = null
      })
    return loading
  }

  async function verifyAfterLoad(token: string, kid: string): Promise<Verified> {
    try {
      await load()
    } catch (error) {
      if (!loadedOnce) throw new Unavailable('the issuer of access tokens', { cause: error })
    }
    return verifiers.get(kid)?.(token) ?? unknownKey
  }

  return (token) => {
    const kid = keyIdOf(token)
    if (kid === null) return { kind: 'invalid', why: 'the access token names no key' }
    const ageMs = performance.now() - askedAtMs
    const verify = verifiers.get(kid)
    if (verify) {
      if (ageMs > REFRESH_AFTER_MS) load().catch(() => undefined)
      return verify(token)
    }
    const pauseMs = loadedOnce ? UNKNOWN_KEY_PAUSE_MS : NO_KEYS_PAUSE_MS
    if (loading || ageMs > pauseMs) return verifyAfterLoad(token, kid)
    if (!loadedOnce) throw new Unavailable('the issuer of access tokens')
    return unknownKey
  }
}

const unknownKey: Verified = {
  kind: 'invalid',
  why: 'the access token is signed by an unknown key',
}

/** The `kid` of a token's header, which is not to be trusted for anything but choosing a key. */
function keyIdOf(token: string): string | null {
  const end = token.indexOf('.')
  if (end <= 0 || end > 2048) return null
  try {
    const header: unknown = JSON.parse(Buffer.from(token.slice(0, end), 'base64url').toString())
    const kid = (header as { kid?: unknown } | null)?.kid
    return typeof kid === 'string' ? kid : null
  } catch {
    return null
  }
}

async function fetchKeys(url: string): Promise<{ kid: string; pem: string }[]> {
  const response = await fetch(url, {
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
    redirect: 'error',
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  if (text.length > MAX_BYTES) throw new Error(`${url} answered ${text.length} characters`)
  const { keys } = JSON.parse(text) as {
    keys: (JsonWebKey & { kid?: string; use?: string })[]
  }
  return keys
    .filter(({ kid, kty, crv, use }) => {
      const known = kty === 'RSA' || (kty === 'OKP' && crv === 'Ed25519')
      return typeof kid === 'string' && known && (use === undefined || use === 'sig')
    })
    .slice(0, MAX_KEYS)
    .map(({ kid, ...jwk }) => ({
      kid: kid as string,
      pem: createPublicKey({ key: jwk, format: 'jwk' }).export({
        type: 'spki',
        format: 'pem',
      }) as string,
    }))
}
