import type { Kafka, Message, Producer } from 'kafkajs'
import type { EventPublisher, OutboxMessage } from '../pipeline/ports.ts'
import { traceHeadersOf } from '../pipeline/trace-context.ts'
import { kafkaFailure } from './failure.ts'
import { createTopics } from './topics.ts'

export interface PublisherObserver {
  published(topic: string, messages: number): void
  failed(): void
}

/** Bytes of one request, well under a broker's default limit of 1 MB for a batch of one partition. */
const REQUEST_MAX_MESSAGES = 500

/**
 * Publishes with an idempotent producer, one request at a time, so that messages of one key arrive in the order given. After
 * any failure the producer is thrown away: a new one starts a new sequence, and what was not acknowledged is sent again.
 */
export function makePublisher(
  kafka: Kafka,
  topicPrefix: string,
  observer: PublisherObserver,
): EventPublisher & { close(): Promise<void> } {
  let producer: Producer | null = null

  async function connected(): Promise<Producer> {
    if (producer) return producer
    await createTopics(kafka, topicPrefix)
    const fresh = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
    })
    await fresh.connect()
    producer = fresh
    return fresh
  }

  async function discard(): Promise<void> {
    const broken = producer
    producer = null
    await broken?.disconnect().catch(() => {})
  }

  return {
    async publish(messages) {
      try {
        const sender = await connected()
        for (let i = 0; i < messages.length; i += REQUEST_MAX_MESSAGES) {
          const byTopic = groupByTopic(messages.slice(i, i + REQUEST_MAX_MESSAGES), topicPrefix)
          await sender.sendBatch({
            acks: -1,
            topicMessages: [...byTopic].map(([topic, group]) => ({
              topic,
              messages: group,
            })),
          })
          for (const [topic, group] of byTopic) observer.published(topic, group.length)
        }
      } catch (cause) {
        observer.failed()
        await discard()
        throw kafkaFailure(cause)
      }
    },
    close: discard,
  }
}

function groupByTopic(messages: readonly OutboxMessage[], topicPrefix: string): Map<string, Message[]> {
  const groups = Map.groupBy(messages, ({ topic }) => topicPrefix + topic)
  return new Map([...groups].map(([topic, group]) => [topic, group.map(kafkaMessage)]))
}

/** The form of every event: see docs/events. */
function kafkaMessage(message: OutboxMessage): Message {
  const { messageId, bookingId, type, version, occurredAt, data, traceparent } = message
  return {
    key: bookingId,
    value: JSON.stringify({
      event_id: messageId,
      type,
      booking_version: version,
      occurred_at: occurredAt.toISOString(),
      data,
    }),
    headers: traceHeadersOf(traceparent),
  }
}
