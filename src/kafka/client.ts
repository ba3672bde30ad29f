import { Kafka, logLevel } from 'kafkajs'
import { type KafkaObserver, observeKafka } from './observe-kafka.ts'

export interface KafkaSettings {
  brokers: readonly string[]
  clientId: string
}

/** Deadlines of one request to a broker and of its connection; the relay's transaction waits for them. */
const REQUEST_TIMEOUT_MS = 5000
const CONNECT_TIMEOUT_MS = 3000

/** A client whose failures reach the caller soon: whoever publishes keeps the events and asks again. */
export function makeKafka(settings: KafkaSettings, observer?: KafkaObserver): Kafka {
  const kafka = new Kafka({
    clientId: settings.clientId,
    brokers: [...settings.brokers],
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1000 },
    logLevel: logLevel.NOTHING,
  })
  return observer ? observeKafka(kafka, observer) : kafka
}
