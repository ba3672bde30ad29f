import type { Kafka } from 'kafkajs'

/** Topics that the service writes. */
export const TOPICS = ['booking-events', 'payment-commands'] as const

const PARTITIONS = 4

/** Creates the topics that are missing. Replication is the broker's default. */
export async function createTopics(kafka: Kafka, prefix: string): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    const existing = new Set(await admin.listTopics())
    const missing = TOPICS.map((topic) => prefix + topic).filter((topic) => !existing.has(topic))
    if (missing.length > 0) {
      await admin.createTopics({
        waitForLeaders: true,
        topics: missing.map((topic) => ({
          topic,
          numPartitions: PARTITIONS,
          replicationFactor: -1,
        })),
      })
    }
  } finally {
    await admin.disconnect()
  }
}
