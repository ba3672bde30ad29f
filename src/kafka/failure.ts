import { RefusedConnection, tlsRefusal } from '../pipeline/refused-connection.ts'
import { Unavailable } from '../pipeline/unavailable.ts'

const CAUSES_MAX = 5

/** What a failure of kafkajs is to its caller. Its errors wrap each other; a refusal may stand at any depth. */
export function kafkaFailure(error: unknown): Unavailable {
  let one = error as
    | { name?: string; code?: unknown; type?: string; message?: string; cause?: unknown }
    | null
    | undefined
  for (let depth = 0; one && depth < CAUSES_MAX; depth++) {
    const tls = tlsRefusal(one)
    if (tls) return new RefusedConnection('kafka', tls.refusal, tls.why)
    const { name, code, type, message = '' } = one
    if (name === 'KafkaJSSASLAuthenticationError' || type === 'SASL_AUTHENTICATION_FAILED')
      return new RefusedConnection('kafka', 'LOGIN_REFUSED', message)
    if (type?.endsWith('_AUTHORIZATION_FAILED'))
      return new RefusedConnection('kafka', 'NOT_PERMITTED', message)
    if (name === 'KafkaJSConnectionClosedError' || code === 'ECONNRESET')
      return new RefusedConnection('kafka', 'HUNG_UP', HUNG_UP)
    one = one.cause as typeof one
  }
  return new Unavailable('kafka', { cause: error })
}

const HUNG_UP =
  'the broker closed the connection without an answer, as one that wants TLS does to plain text, and the other way round'
