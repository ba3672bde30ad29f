import type { IHeaders, Kafka, KafkaMessage, Producer } from 'kafkajs'
import type { Verdict } from '../pipeline/consumer-ports.ts'
import { Unavailable } from '../pipeline/unavailable.ts'
import { deadLetterTopic } from './topics.ts'

/** A message and where it was read. */
export interface Letter {
  topic: string
  partition: number
  message: KafkaMessage
}

/** Headers that a dead letter has beside those of the message; replaying takes them off. */
export const DEAD_LETTER_HEADER = {
  topic: 'dlq-topic',
  partition: 'dlq-partition',
  offset: 'dlq-offset',
  group: 'dlq-group',
  reason: 'dlq-reason',
  attempts: 'dlq-attempts',
  firstFailedAt: 'dlq-first-failed-at',
} as const

const REASON_MAX_CHARACTERS = 500

export interface DeadLetters {
  /** Resolves once the brokers have it. @throws Unavailable */
  put(group: string, letter: Letter, verdict: Verdict): Promise<void>
  close(): Promise<void>
}

/** Writes to dead-letter topics. The producer is made when the first letter comes, and anew after a failure. */
export function makeDeadLetters(kafka: Kafka): DeadLetters {
  let connecting: Promise<Producer> | null = null

  async function connect(): Promise<Producer> {
    const producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
    })
    await producer.connect()
    return producer
  }

  async function close(): Promise<void> {
    const open = connecting
    connecting = null
    const producer = await open?.catch(() => null)
    await producer?.disconnect().catch(() => {})
  }

  return {
    async put(group, { topic, partition, message }, verdict) {
      try {
        connecting ??= connect()
        const producer = await connecting
        await producer.send({
          topic: deadLetterTopic(topic),
          acks: -1,
          messages: [
            {
              key: message.key,
              value: message.value,
              headers: {
                ...message.headers,
                ...verdictHeaders(group, topic, partition, message.offset, verdict),
              },
            },
          ],
        })
      } catch (cause) {
        await close()
        throw new Unavailable('the dead-letter topic', { cause })
      }
    },
    close,
  }
}

function verdictHeaders(
  group: string,
  topic: string,
  partition: number,
  offset: string,
  { reason, attempts, firstFailedAtMs }: Verdict,
): IHeaders {
  return {
    [DEAD_LETTER_HEADER.topic]: topic,
    [DEAD_LETTER_HEADER.partition]: String(partition),
    [DEAD_LETTER_HEADER.offset]: offset,
    [DEAD_LETTER_HEADER.group]: group,
    [DEAD_LETTER_HEADER.reason]: reason.slice(0, REASON_MAX_CHARACTERS),
    [DEAD_LETTER_HEADER.attempts]: String(attempts),
    [DEAD_LETTER_HEADER.firstFailedAt]: new Date(firstFailedAtMs).toISOString(),
  }
}
