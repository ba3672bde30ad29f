import { Kafka, type KafkaConfig, logLevel } from 'kafkajs'
import { type KafkaObserver, observeKafka } from './observe-kafka.ts'
import { quietenRequestQueues } from './quiet-request-queue.ts'

quietenRequestQueues()

/** Where brokers are, who we are there, and whom their certificates must come from. */
export interface KafkaAccess {
  brokers: readonly string[]
  /** null: plain text. Its ca is PEM; null: the authorities that Node trusts. */
  tls: { ca: string | null } | null
  login: { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string } | null
}

export interface KafkaSettings extends KafkaAccess {
  clientId: string
}

/** A broker on one's own machine: no TLS, no login. */
export function plainAccess(brokers: string): KafkaAccess {
  return { brokers: [brokers], tls: null, login: null }
}

/** Deadlines of one request to a broker and of its connection; the relay's transaction waits for them. */
const REQUEST_TIMEOUT_MS = 5000
const CONNECT_TIMEOUT_MS = 3000

/** A client whose failures reach the caller soon: whoever publishes keeps the events and asks again. */
export function makeKafka(settings: KafkaSettings, observer?: KafkaObserver): Kafka {
  const kafka = new Kafka({
    clientId: settings.clientId,
    ...securityOf(settings),
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1000 },
    logLevel: logLevel.NOTHING,
  })
  return observer ? observeKafka(kafka, observer) : kafka
}

export function securityOf({
  brokers,
  tls,
  login,
}: KafkaAccess): Pick<KafkaConfig, 'brokers' | 'ssl' | 'sasl'> {
  return {
    brokers: [...brokers],
    ...(tls && { ssl: tls.ca === null ? true : { ca: tls.ca } }),
    // kafkajs has a type for each mechanism, with the same fields.
    ...(login && { sasl: { ...login } as NonNullable<KafkaConfig['sasl']> }),
  }
}
