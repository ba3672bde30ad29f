import type { IHeaders, Kafka, KafkaMessage } from 'kafkajs'
import { DEAD_LETTER_HEADER } from './dead-letters.ts'
import { readTopic } from './read-topic.ts'
import { createTopics, deadLetterTopic, type Topic } from './topics.ts'

/** A message that was given up, as it lies in the dead-letter topic. */
export interface DeadLetter {
  topic: Topic
  /** In the dead-letter topic, `partition:offset`. */
  place: string
  eventId: string | null
  type: string | null
  bookingId: string
  group: string
  reason: string
  attempts: number
  firstFailedAt: string
  message: KafkaMessage
}

/** Stands in the dead-letter topic behind a letter that was sent back, and names its place. */
const REPLAYED_HEADER = 'dlq-replayed'
const SEND_MAX_LETTERS = 200

/** The letters of a topic that were not sent back yet, oldest first. */
export async function readDeadLetters(kafka: Kafka, prefix: string, topic: Topic): Promise<DeadLetter[]> {
  await createTopics(kafka, prefix)
  const letters = new Map<string, DeadLetter>()
  const replayed = new Set<string>()
  await readTopic(kafka, deadLetterTopic(prefix + topic), (_key, _value, partition, message) => {
    const { headers = {} } = message
    const marked = headers[REPLAYED_HEADER]
    if (marked !== undefined) return void replayed.add(String(marked))
    const place = `${partition}:${message.offset}`
    letters.set(place, { topic, place, ...contentOf(message), message })
  })
  for (const place of replayed) letters.delete(place)
  return [...letters.values()]
}

/**
 * Sends letters back to the topic that they came from, as they were, and marks them: a marked letter is not read again. The mark
 * comes second, so a failure between the two sends a letter twice, and its consumers drop the second.
 */
export async function replayDeadLetters(
  kafka: Kafka,
  prefix: string,
  letters: readonly DeadLetter[],
): Promise<void> {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false })
  await producer.connect()
  try {
    for (const [topic, ofTopic] of Map.groupBy(letters, (letter) => letter.topic)) {
      for (let i = 0; i < ofTopic.length; i += SEND_MAX_LETTERS) {
        const some = ofTopic.slice(i, i + SEND_MAX_LETTERS)
        await producer.send({
          topic: prefix + topic,
          acks: -1,
          messages: some.map(({ message: { key, value, headers } }) => ({
            key,
            value,
            headers: originalHeaders(headers),
          })),
        })
        await producer.send({
          topic: deadLetterTopic(prefix + topic),
          acks: -1,
          messages: some.map(({ place, message: { key } }) => ({
            key,
            value: null,
            headers: { [REPLAYED_HEADER]: place },
          })),
        })
      }
    }
  } finally {
    await producer.disconnect()
  }
}

const added: ReadonlySet<string> = new Set(Object.values(DEAD_LETTER_HEADER))

function originalHeaders(headers: IHeaders = {}): IHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !added.has(name)))
}

function contentOf({
  key,
  value,
  headers = {},
}: KafkaMessage): Omit<DeadLetter, 'topic' | 'place' | 'message'> {
  const header = (name: string) => String(headers[name] ?? '')
  const { event_id: eventId, type } = looseJson(String(value))
  return {
    eventId: typeof eventId === 'string' ? eventId : null,
    type: typeof type === 'string' ? type : null,
    bookingId: String(key),
    group: header(DEAD_LETTER_HEADER.group),
    reason: header(DEAD_LETTER_HEADER.reason),
    attempts: Number(header(DEAD_LETTER_HEADER.attempts)),
    firstFailedAt: header(DEAD_LETTER_HEADER.firstFailedAt),
  }
}

/** What is no JSON object has no fields: it may be just why the letter is here. */
function looseJson(text: string): { event_id?: unknown; type?: unknown } {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}
