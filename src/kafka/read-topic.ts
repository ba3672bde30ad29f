import type { Kafka, KafkaMessage } from 'kafkajs'

/** kafkajs starts a consumer again by itself after a failure that may pass: after so long, and here so many times. */
const RESTART_MS = 300
const MAX_RESTARTS = 60
/** How long a broker holds a fetch that finds nothing; the end of the reading waits for it. */
const FETCH_WAIT_MS = 200

/**
 * Reads a topic from its beginning to where it ended when the call began.
 *
 * @param visit gets every message, key and value first; order holds within a partition
 * @returns how many messages were read
 */
export async function readTopic(
  kafka: Kafka,
  topic: string,
  visit: (key: string, value: string, partition: number, message: KafkaMessage) => void,
): Promise<number> {
  const offsets = await offsetsOf(kafka, topic)
  const ends = new Map<number, bigint>()
  for (const { partition, low, high } of offsets) {
    if (BigInt(high) > BigInt(low)) ends.set(partition, BigInt(high))
  }
  if (ends.size === 0) return 0

  // A group of its own that commits nothing: readers never disturb each other or a consumer.
  const groupId = `floodgate-audit-${process.pid}-${Date.now()}`
  const retry = { retries: 2, initialRetryTime: RESTART_MS }
  const consumer = kafka.consumer({ groupId, sessionTimeout: 10_000, maxWaitTimeInMs: FETCH_WAIT_MS, retry })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  let read = 0
  try {
    await new Promise<void>((resolve, reject) => {
      let crashes = 0
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        // The first group of a broker, or of one that restarted, is turned away until its coordinator has loaded.
        if (!payload.restart || ++crashes > MAX_RESTARTS) reject(payload.error)
      })
      consumer
        .run({
          autoCommit: false,
          eachBatch: async ({ batch }) => {
            const end = ends.get(batch.partition)
            if (end === undefined) return
            for (const message of batch.messages) {
              if (BigInt(message.offset) >= end) break
              read++
              visit(String(message.key), String(message.value), batch.partition, message)
            }
            if (BigInt(batch.lastOffset()) + 1n >= end) ends.delete(batch.partition)
            if (ends.size === 0) resolve()
          },
        })
        .catch(reject)
    })
  } finally {
    await consumer.disconnect()
    const cleaner = kafka.admin()
    await cleaner.connect()
    await cleaner.deleteGroups([groupId]).catch(() => {})
    await cleaner.disconnect()
  }
  return read
}

/** @returns nothing for a topic that is not there yet: whoever publishes first makes it */
async function offsetsOf(kafka: Kafka, topic: string) {
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await admin.fetchTopicOffsets(topic)
  } catch (error) {
    // kafkajs tries again first, and wraps what it was told.
    const { type, cause } = error as { type?: string; cause?: { type?: string } }
    if ((type ?? cause?.type) === 'UNKNOWN_TOPIC_OR_PARTITION') return []
    throw error
  } finally {
    await admin.disconnect()
  }
}
