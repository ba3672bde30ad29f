/** Everybody who may ask the API for something, and what they carry. The bookings are the owner's, the events the organizer's. */
import { makeQueueTokens } from '../../src/http/queue-tokens.ts'
import { signToken } from '../../src/http/token.ts'

export const jwtSecret = 'a secret of the authorization matrix'
export const queueSecret = 'the queue secret of the authorization matrix'

interface Given {
  user: string
  role: 'customer' | 'organizer' | 'admin'
  secret?: string
  audience?: string
  expiresInSeconds?: number
}

function bearer({
  user,
  role,
  secret = jwtSecret,
  audience = 'floodgate',
  expiresInSeconds = 3600,
}: Given): string {
  return `Bearer ${signToken({ user, role, secret, audience, expiresInSeconds })}`
}

const inAnHourMs = Date.now() + 3_600_000
const pass = makeQueueTokens(queueSecret, 3600).signPass('0199c0de-0000-7000-8000-00000000000e', 'owner', {
  id: 'a-pass',
  expiresAtMs: inAnHourMs,
})

export const callers = {
  nobody: undefined,
  /** An admin by a key of their own. */
  forger: bearer({ user: 'root', role: 'admin', secret: 'another secret, of whoever made it up' }),
  /** An admin of another service whose tokens have the same key. */
  neighbour: bearer({ user: 'root', role: 'admin', audience: 'another-service' }),
  /** An admin until an hour ago. */
  former: bearer({ user: 'root', role: 'admin', expiresInSeconds: -3600 }),
  /** The owner, with a queue pass for a token. */
  passHolder: `Bearer ${pass}`,
  stranger: bearer({ user: 'stranger', role: 'customer' }),
  owner: bearer({ user: 'owner', role: 'customer' }),
  otherOrganizer: bearer({ user: 'other', role: 'organizer' }),
  organizer: bearer({ user: 'organizer', role: 'organizer' }),
  /** The organizer's name does not make an organizer of somebody whose token says customer. */
  namesake: bearer({ user: 'organizer', role: 'customer' }),
  admin: bearer({ user: 'root', role: 'admin' }),
}

export type Caller = keyof typeof callers

/** The answer that each gets: its status, and behind it the code of a refusal. */
export type Expected = Readonly<Record<Caller, string>>

const FORBIDDEN = '403 FORBIDDEN'

/** A route that does not look at tokens. */
export function everybody(answer: string): Expected {
  return Object.fromEntries(Object.keys(callers).map((name) => [name, answer])) as Expected
}

/** A route that shows more to some: a token is not needed, and one that is none is refused. */
export function withOrWithoutToken(answer: string): Expected {
  return { ...anyUser(answer), nobody: answer }
}

export function anyUser(answer: string): Expected {
  const refused = '401 UNAUTHORIZED'
  return {
    ...everybody(answer),
    ...{ nobody: refused, forger: refused, neighbour: refused, passHolder: refused },
    former: '401 TOKEN_EXPIRED',
  }
}

export const ownerOnly = (answer: string): Expected => ({ ...anyUser(FORBIDDEN), owner: answer })
export const organizers = (answer: string): Expected => ({
  ...anyUser(FORBIDDEN),
  ...{ otherOrganizer: answer, organizer: answer, admin: answer },
})
export const whoRunsTheEvent = (answer: string): Expected => ({
  ...anyUser(FORBIDDEN),
  ...{ organizer: answer, admin: answer },
})
export const admins = (answer: string): Expected => ({ ...anyUser(FORBIDDEN), admin: answer })
