import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { createSigner } from 'fast-jwt'
import { makeTokenVerifier } from '../../src/http/verify-token.ts'
import { secret, tokenOf } from './api.ts'

const settings = { JWT_SECRET: secret, JWT_PUBLIC_KEY: '', JWT_JWKS_URL: '', JWT_AUDIENCE: 'floodgate' }
const verify = makeTokenVerifier(settings)

function signed(claims: Record<string, unknown>, options: object = {}): string {
  return createSigner({ key: secret, algorithm: 'HS256', ...options })({
    aud: 'floodgate',
    exp: Math.floor(Date.now() / 1000) + 60,
    ...claims,
  })
}

const pemOf = (key: KeyObject, type: 'spki' | 'pkcs8') =>
  key.export({ type: type as 'spki', format: 'pem' }) as string
const ed25519 = generateKeyPairSync('ed25519')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })

test('a token names its user and role', () => {
  assert.deepEqual(verify(tokenOf('ann', 'organizer')), {
    kind: 'valid',
    identity: { userId: 'ann', role: 'organizer' },
  })
})

test('user_id stands in for sub, and no role means customer', () => {
  assert.deepEqual(verify(signed({ user_id: 'ann' })), {
    kind: 'valid',
    identity: { userId: 'ann', role: 'customer' },
  })
})

test('an expired token is told apart from a wrong one', () => {
  assert.deepEqual(verify(signed({ sub: 'ann', exp: 1 })), { kind: 'expired' })
})

const wrong: Record<string, string> = {
  'a queue pass (another audience)': tokenOf('ann', 'customer', { audience: 'floodgate-queue' }),
  'a token of another key': tokenOf('ann', 'customer', { key: 'another secret that has 32 letters!' }),
  'an expired token of another key': signed(
    { sub: 'ann', exp: 1 },
    { key: 'another secret that has 32 letters!' },
  ),
  'a token without an audience': createSigner({ key: secret })({ sub: 'ann', exp: 99_999_999_999 }),
  'a token that never expires': createSigner({ key: secret, aud: 'floodgate' })({ sub: 'ann' }),
  'a token that is not signed': createSigner({ algorithm: 'none' })({
    sub: 'ann',
    aud: 'floodgate',
    exp: 9e9,
  }),
  'a token signed with another algorithm': signed({ sub: 'ann' }, { algorithm: 'HS512' }),
  'a token without a user': signed({}),
  'a token whose user is a number': signed({ sub: 7 }),
  'a token whose user has a line break': signed({ sub: 'ann\nrole: admin' }),
  'a token whose user is too long': signed({ sub: 'x'.repeat(129) }),
  'a token with an unknown role': signed({ sub: 'ann', role: 'root' }),
  'half a token': tokenOf('ann', 'customer').slice(0, 40),
  nothing: '',
}

for (const [what, token] of Object.entries(wrong)) {
  test(`${what} is refused`, async () => {
    assert.equal((await verify(token)).kind, 'invalid')
  })
}

for (const [algorithm, keys] of Object.entries({ EdDSA: ed25519, RS256: rsa } as const)) {
  test(`${algorithm} by public key: the issuer's tokens pass, and nothing signed with the public key does`, async () => {
    const pem = pemOf(keys.publicKey, 'spki')
    const byKey = makeTokenVerifier({ ...settings, JWT_PUBLIC_KEY: pem.replaceAll('\n', '\\n') })
    const options = { algorithm, key: pemOf(keys.privateKey, 'pkcs8') }
    assert.equal((await byKey(signed({ sub: 'ann' }, options))).kind, 'valid')
    assert.equal((await byKey(tokenOf('ann', 'admin'))).kind, 'invalid')
    const other = algorithm === 'EdDSA' ? rsa : ed25519
    const otherOptions = {
      algorithm: other === rsa ? 'RS256' : 'EdDSA',
      key: pemOf(other.privateKey, 'pkcs8'),
    }
    assert.equal((await byKey(signed({ sub: 'ann' }, otherOptions))).kind, 'invalid')
  })
}

test('JWKS: keys are fetched once, chosen by id, and unknown ids do not make us fetch again', async (t) => {
  let fetches = 0
  const keys = [
    { ...ed25519.publicKey.export({ format: 'jwk' }), kid: 'ed', use: 'sig' },
    { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'rsa' },
    { kty: 'oct', k: 'c2VjcmV0', kid: 'symmetric' },
  ]
  const issuer = createServer((_request, response) => {
    fetches++
    response.end(JSON.stringify({ keys }))
  }).listen(0, '127.0.0.1')
  await once(issuer, 'listening')
  t.after(() => issuer.close())
  const { port } = issuer.address() as { port: number }
  const byJwks = makeTokenVerifier({ ...settings, JWT_JWKS_URL: `http://127.0.0.1:${port}/` })

  const edToken = signed(
    { sub: 'ann' },
    { algorithm: 'EdDSA', key: pemOf(ed25519.privateKey, 'pkcs8'), kid: 'ed' },
  )
  const rsaToken = signed(
    { sub: 'bob' },
    { algorithm: 'RS256', key: pemOf(rsa.privateKey, 'pkcs8'), kid: 'rsa' },
  )
  const swapped = signed(
    { sub: 'eve' },
    { algorithm: 'RS256', key: pemOf(rsa.privateKey, 'pkcs8'), kid: 'ed' },
  )
  const unknown = signed(
    { sub: 'eve' },
    { algorithm: 'RS256', key: pemOf(rsa.privateKey, 'pkcs8'), kid: 'no' },
  )
  const first = await Promise.all([byJwks(edToken), byJwks(rsaToken)])
  assert.deepEqual(
    first.map(({ kind }) => kind),
    ['valid', 'valid'],
  )
  for (const token of [swapped, unknown, tokenOf('eve', 'admin'), 'x.y.z', '']) {
    assert.equal((await byJwks(token)).kind, 'invalid')
  }
  assert.equal(fetches, 1)
})

test('JWKS: while the issuer was never reached nobody is refused for good', async () => {
  const byJwks = makeTokenVerifier({ ...settings, JWT_JWKS_URL: 'http://127.0.0.1:1/' })
  const token = signed(
    { sub: 'ann' },
    { algorithm: 'RS256', key: pemOf(rsa.privateKey, 'pkcs8'), kid: 'rsa' },
  )
  await assert.rejects(async () => byJwks(token), { name: 'Unavailable' })
  await assert.rejects(async () => byJwks(token), { name: 'Unavailable' })
})
