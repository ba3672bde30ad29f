import type { Admin, ITopicConfig, Kafka } from 'kafkajs'
import { pause } from '../pipeline/patience.ts'
import { Unavailable } from '../pipeline/unavailable.ts'

/** Topics that the service writes. Each has a dead-letter topic beside it. */
export const TOPICS = ['booking-events', 'payment-events', 'payment-commands'] as const
export type Topic = (typeof TOPICS)[number]

const PARTITIONS = 4
/** Somebody has to look at what was given up: longer than a holiday. */
const DEAD_LETTER_RETENTION_MS = 30 * 86_400_000
/** A new topic can be used once its partitions have leaders, and the broker has heard of it: a moment later. */
const LOOK_EVERY_MS = 50
const MAX_LOOKS = 100

export function deadLetterTopic(topic: string): string {
  return `${topic}.dlq`
}

/**
 * Creates the topics that are missing, and waits until all can be used. Replication is the broker's default. Any number may do it
 * at a time.
 */
export async function createTopics(kafka: Kafka, prefix: string): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    const wanted = TOPICS.flatMap((topic) => wantedTopics(prefix + topic))
    for (let look = 0; look < MAX_LOOKS; look++) {
      const { known, usable } = await topicsOf(admin)
      if (wanted.every(({ topic }) => usable.has(topic))) return
      const topics = wanted.filter(({ topic }) => !known.has(topic))
      if (look === 0 && topics.length > 0) await admin.createTopics({ waitForLeaders: false, topics })
      await pause(LOOK_EVERY_MS)
    }
    throw new Unavailable('a leader of the topics')
  } finally {
    await admin.disconnect()
  }
}

function wantedTopics(topic: string): ITopicConfig[] {
  const retention = { name: 'retention.ms', value: String(DEAD_LETTER_RETENTION_MS) }
  return [
    { topic, numPartitions: PARTITIONS, replicationFactor: -1 },
    { topic: deadLetterTopic(topic), numPartitions: 1, replicationFactor: -1, configEntries: [retention] },
  ]
}

async function topicsOf(admin: Admin): Promise<{ known: Set<string>; usable: Set<string> }> {
  const { topics } = await admin.fetchTopicMetadata()
  const usable = topics.filter(
    ({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0),
  )
  return { known: new Set(topics.map(({ name }) => name)), usable: new Set(usable.map(({ name }) => name)) }
}
