/** A consumer group as the service composes it, with a handler of the test's own, and what a test publishes to it. */
import { randomUUID } from 'node:crypto'
import type { Kafka, Message } from 'kafkajs'
import { makeConsumer } from '../../src/kafka/consumer.ts'
import { makeDeadLetters } from '../../src/kafka/dead-letters.ts'
import { createTopics, type Topic } from '../../src/kafka/topics.ts'
import type { ArrivedLetter } from '../../src/kafka/work-on-batch.ts'
import { type ConsumeOutcome, makeConsume } from '../../src/pipeline/consume.ts'
import type { ConsumedEvents, EventHandler } from '../../src/pipeline/consumer-ports.ts'
import { makeSlots } from '../../src/pipeline/slots.ts'

export interface Group {
  outcomes: ConsumeOutcome[]
  errors: unknown[]
  count(outcome: ConsumeOutcome): number
  start(): void
  stop(): Promise<void>
}

export function makeGroup(
  kafka: Kafka,
  prefix: string,
  options: {
    consumed: ConsumedEvents
    handler: EventHandler
    name?: string
    topic?: Topic
    types?: ReadonlySet<string>
    ignoreOlder?: boolean
    maxAttempts?: number
    attemptTimeoutMs?: number
    /** Comes before each write to the dead-letter topic; what it throws is that write's failure. */
    beforeGivingUp?: () => void
  },
): Group {
  const { consumed, handler, topic = 'booking-events' } = options
  const group = prefix + (options.name ?? 'group')
  const outcomes: ConsumeOutcome[] = []
  const errors: unknown[] = []
  const deadLetters = makeDeadLetters(kafka)
  const consume = makeConsume<ArrivedLetter>({
    group,
    rules: {
      types: options.types ?? null,
      ignoreOlder: options.ignoreOlder ?? true,
      maxAttempts: options.maxAttempts ?? 3,
      attemptTimeoutMs: options.attemptTimeoutMs ?? 20_000,
    },
    handler,
    consumed,
    async giveUp(letter, verdict) {
      options.beforeGivingUp?.()
      await deadLetters.put(group, letter, verdict)
    },
    slots: makeSlots(8),
    observer: {
      consumed: (outcome) => outcomes.push(outcome),
      failed: (error) => errors.push(error),
    },
  })
  const settings = {
    groupId: group,
    topicPrefix: prefix,
    topic,
    // The shortest that a broker allows.
    sessionTimeoutMs: 6000,
    stopTimeoutMs: 30_000,
  }
  const consumer = makeConsumer(kafka, settings, consume, (error) => errors.push(error))
  return {
    outcomes,
    errors,
    count: (outcome) => outcomes.filter((one) => one === outcome).length,
    start: () => consumer.start(),
    async stop() {
      await consumer.stop()
      await deadLetters.close()
    },
  }
}

/** A message in the form of every event. */
export function eventMessage(
  bookingId: string,
  version: number,
  more: { eventId?: string; type?: string; data?: object } = {},
): Message {
  return {
    key: bookingId,
    value: JSON.stringify({
      event_id: more.eventId ?? randomUUID(),
      type: more.type ?? 'booking.reserved',
      booking_version: version,
      occurred_at: new Date(0).toISOString(),
      data: more.data ?? {},
    }),
  }
}

/** Writes messages to a topic, in this order for each key. */
export async function send(
  kafka: Kafka,
  prefix: string,
  messages: Message[],
  topic: Topic = 'booking-events',
): Promise<void> {
  await createTopics(kafka, prefix)
  // A broker that has just been given a topic, on a machine that is busy, may not lead it yet: that is no part of any test.
  const retry = { retries: 12, initialRetryTime: 100, maxRetryTime: 2000 }
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, retry })
  await producer.connect()
  try {
    await producer.send({ topic: prefix + topic, acks: -1, messages })
  } finally {
    await producer.disconnect()
  }
}
