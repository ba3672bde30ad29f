import type { Admin, Kafka } from 'kafkajs'
import { kafkaFailure } from './failure.ts'

export interface ConsumerLag {
  /** Messages of a topic that a group has not committed yet. The names carry their prefix. @throws Unavailable */
  of(groupId: string, topic: string): Promise<number>
  close(): Promise<void>
}

/** Asks the brokers, so it is true of consumers that do nothing at all, too. */
export function makeConsumerLag(kafka: Kafka): ConsumerLag {
  let connecting: Promise<Admin> | null = null

  async function connect(): Promise<Admin> {
    const admin = kafka.admin()
    await admin.connect()
    return admin
  }

  async function close(): Promise<void> {
    const open = connecting
    connecting = null
    const admin = await open?.catch(() => null)
    await admin?.disconnect().catch(() => {})
  }

  return {
    async of(groupId, topic) {
      try {
        connecting ??= connect()
        const admin = await connecting
        // One after the other: a request that outlives its client's end connects it again, for good.
        const ends = await admin.fetchTopicOffsets(topic)
        const committed = await admin.fetchOffsets({ groupId, topics: [topic] })
        const committedOf = new Map(
          committed.flatMap(({ partitions }) =>
            partitions.map(({ partition, offset }) => [partition, Number(offset)]),
          ),
        )
        return ends.reduce((sum, { partition, low, high }) => {
          // What retention has taken before it was read does not wait any more; -1: nothing was committed yet.
          const from = Math.max(Number(low), committedOf.get(partition) ?? -1)
          return sum + Math.max(0, Number(high) - from)
        }, 0)
      } catch (cause) {
        await close()
        throw kafkaFailure(cause)
      }
    },
    close,
  }
}
