import type { Kafka } from 'kafkajs'

/** Topics that the service writes. Each has a dead-letter topic beside it. */
export const TOPICS = ['booking-events', 'payment-events', 'payment-commands'] as const
export type Topic = (typeof TOPICS)[number]

const PARTITIONS = 4
/** Somebody has to look at what was given up: longer than a holiday. */
const DEAD_LETTER_RETENTION_MS = 30 * 86_400_000

export function deadLetterTopic(topic: string): string {
  return `${topic}.dlq`
}

/** Creates the topics that are missing. Replication is the broker's default. */
export async function createTopics(kafka: Kafka, prefix: string): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    const existing = new Set(await admin.listTopics())
    const missing = TOPICS.map((topic) => prefix + topic)
      .flatMap((topic) => [
        { topic, numPartitions: PARTITIONS, replicationFactor: -1 },
        {
          topic: deadLetterTopic(topic),
          numPartitions: 1,
          replicationFactor: -1,
          configEntries: [{ name: 'retention.ms', value: String(DEAD_LETTER_RETENTION_MS) }],
        },
      ])
      .filter(({ topic }) => !existing.has(topic))
    if (missing.length > 0) await admin.createTopics({ waitForLeaders: true, topics: missing })
  } finally {
    await admin.disconnect()
  }
}
