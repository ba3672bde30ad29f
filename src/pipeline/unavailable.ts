/**
 * A store or a peer could not answer in time. The caller may try again: nothing is known to have changed,
 * and whatever did change is found again by the booking id or the idempotency key.
 */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
  readonly retryAfterSeconds: number

  /** @param what the part that is away, in words an operator knows: "redis", "postgres", "inventory of event …" */
  constructor(what: string, options: { retryAfterSeconds?: number; cause?: unknown } = {}) {
    super(`${what} is unavailable`, options.cause === undefined ? {} : { cause: options.cause })
    this.retryAfterSeconds = options.retryAfterSeconds ?? 1
  }
}
