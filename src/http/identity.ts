export type Role = 'customer' | 'organizer' | 'admin'

/** Who is asking, as the access token says. */
export interface Identity {
  userId: string
  role: Role
}

export type Verified =
  | { kind: 'valid'; identity: Identity }
  | { kind: 'expired' }
  | { kind: 'invalid'; why: string }

/** Checks an access token. A promise comes back only when a key has to be fetched first. */
export type VerifyToken = (token: string) => Verified | Promise<Verified>
