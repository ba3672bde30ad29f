import { Redis } from 'ioredis'
import { RefusedConnection, tlsRefusal } from '../pipeline/refused-connection.ts'
import { Unavailable } from '../pipeline/unavailable.ts'
import { refusalOf } from './refusal.ts'

export interface RedisConnectionSettings {
  url: string
  /** PEM that a rediss: server's certificate must come from; null: the authorities that Node trusts. */
  ca: string | null
  connectTimeoutMs: number
  /** Pause before reconnecting. */
  retryIntervalMs: number
  /** Attempts to reach the server before the first use; later a lost connection is tried again for ever. */
  connectRetries: number
  /** Deadline of a command; null where whoever sends it keeps the time. */
  commandTimeoutMs: number | null
}

/** A socket on which nothing came back for this long, with commands waiting, is dead. The seed's read timeout. */
const SOCKET_TIMEOUT_MS = 3000

/**
 * Opens a connection and waits until the server takes commands. Commands are never queued while there is no connection and
 * never sent twice: whether to ask again is for the caller, who knows what the command does.
 *
 * @throws Unavailable when the server cannot be reached; RefusedConnection, at once, when it does not take us
 */
export async function connectRedis(settings: RedisConnectionSettings, name: string): Promise<Redis> {
  const redis = newRedis(settings, name)
  // connect() says no more than that the connection was closed, or is being made again.
  let reason: unknown
  redis.on('error', (error) => {
    reason = error
  })
  for (let attempt = 0; ; attempt++) {
    try {
      await redis.connect()
      return redis
    } catch (error) {
      const failure = connectFailure(reason ?? error, settings)
      const isFinal = failure instanceof RefusedConnection && failure.code !== 'REDIS_HUNG_UP'
      if (isFinal || attempt >= settings.connectRetries) {
        redis.disconnect()
        throw failure
      }
      await new Promise((resolve) => setTimeout(resolve, settings.retryIntervalMs))
    }
  }
}

/** A connection that is not made yet. */
export function newRedis(settings: RedisConnectionSettings, name: string): Redis {
  const redis = new Redis(settings.url, {
    lazyConnect: true,
    ...(settings.ca !== null && { tls: { ca: settings.ca } }),
    connectionName: name,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: settings.connectTimeoutMs,
    ...(settings.commandTimeoutMs === null ? {} : { commandTimeout: settings.commandTimeoutMs }),
    socketTimeout: SOCKET_TIMEOUT_MS,
    retryStrategy: () => settings.retryIntervalMs,
    // A master that became a replica answers READONLY: connect again, to whoever is the master now.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  })
  // Every command reports its own failure; without a listener ioredis would print each lost connection.
  redis.on('error', () => {})
  return redis
}

/** The same scheme, user and password at another server. @param address host:port */
export function urlOfNode(url: string, address: string): string {
  const other = new URL(url)
  other.host = address
  return other.href
}

/** Why a connection was not made. Never the driver's own error where it answers AUTH: that one carries the password. */
function connectFailure(error: unknown, { url }: RedisConnectionSettings): Unavailable {
  const tls = tlsRefusal(error)
  if (tls) return new RefusedConnection('redis', tls.refusal, tls.why)
  const refusal = refusalOf(error as Error)
  if (refusal) return refusal
  const { message, code } = error as NodeJS.ErrnoException
  const isTls = url.startsWith('rediss:')
  if (!isTls && (code === undefined ? CLOSED.test(message) : HUNG_UP.includes(code)))
    return new RefusedConnection(
      'redis',
      'HUNG_UP',
      'the server closed the connection without an answer, as one that wants TLS (rediss://) does',
    )
  // Redis takes a handshake for the beginning of a line, and waits for its end.
  const hint =
    isTls && code === 'ETIMEDOUT' ? '; a server that does not speak TLS never answers a handshake' : ''
  return new Unavailable('redis', { cause: new Error(message + hint) })
}

/** What ioredis says of a connection that was closed in its face. */
const CLOSED = /Connection is closed|isn't writeable|max retries per request/
const HUNG_UP = ['ECONNRESET', 'EPIPE']
