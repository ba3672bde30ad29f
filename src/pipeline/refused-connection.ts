import { Unavailable } from './unavailable.ts'

/** What a connection was turned away for. Part of the interface: operators look for these words. */
export type Refusal =
  /** The server's certificate: another authority, another name, or out of date. */
  | 'CERTIFICATE_REFUSED'
  /** It was spoken to in TLS and speaks plain text. */
  | 'NOT_TLS'
  | 'NEEDS_TLS'
  /** It closed the connection without an answer: what servers that want TLS do to plain text, and Kafka to TLS. */
  | 'HUNG_UP'
  /** User or password. */
  | 'LOGIN_REFUSED'
  /** The user may not do what the service does. */
  | 'NOT_PERMITTED'
  | 'IS_A_CLUSTER'
  | 'IS_NO_CLUSTER'

/** A store is there and does not take us as we come: trying again changes nothing before somebody changes a setting. */
export class RefusedConnection extends Unavailable {
  /** As REDIS_LOGIN_REFUSED. */
  readonly code: string

  /**
   * @param why in words; what a driver says is repeated only by its caller, who knows that no password is in it. The driver's own
   * error is not kept: it carries the command with the password.
   */
  constructor(store: 'redis' | 'postgres' | 'kafka', refusal: Refusal, why: string) {
    const code = `${store.toUpperCase()}_${refusal}`
    super(`${store} (${code}: ${why})`)
    this.code = code
  }
}

/** OpenSSL's verdicts on a certificate, as Node names them. https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const BAD_CERTIFICATE =
  /^(CERT_|ERR_TLS_CERT_|(DEPTH_ZERO_)?SELF_SIGNED_CERT|UNABLE_TO_|INVALID_CA|HOSTNAME_MISMATCH)/
/** The first bytes of an answer were none of TLS. */
const NO_TLS = /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)/

/** What Node's TLS says of a handshake that failed; null: it is another failure. */
export function tlsRefusal(error: unknown): { refusal: Refusal; why: string } | null {
  const { code } = (error ?? {}) as { code?: unknown }
  if (typeof code !== 'string') return null
  if (BAD_CERTIFICATE.test(code))
    return { refusal: 'CERTIFICATE_REFUSED', why: `the server's certificate was refused, ${code}` }
  if (NO_TLS.test(code)) return { refusal: 'NOT_TLS', why: 'the server does not speak TLS' }
  return null
}
