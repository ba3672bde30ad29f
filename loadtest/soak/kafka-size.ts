import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { kafkaAccess } from '../../src/compose/access.ts'
import { makeKafka } from '../../src/kafka/client.ts'
import { TOPICS } from '../../src/kafka/topics.ts'
import type { Stage } from '../bench/stage.ts'

/** By topic: messages that are there, and the bytes of their segments; and all that the broker keeps. */
export interface KafkaSize {
  topics: Record<string, { messages: number; bytes: number }>
  diskBytes: number
}

/** The folder of a topic's partition. */
const partition = /^(.+)-\d+$/

export async function kafkaSize({ config, dir }: Stage): Promise<KafkaSize> {
  const kafka = makeKafka({ ...kafkaAccess(config), clientId: 'floodgate-soak' })
  const files = filesBelow(join(dir, 'kafka'))
  const admin = kafka.admin()
  await admin.connect()
  try {
    const topics: KafkaSize['topics'] = {}
    for (const name of TOPICS) {
      const topic = config.KAFKA_TOPIC_PREFIX + name
      const offsets = await admin.fetchTopicOffsets(topic)
      const messages = offsets.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0)
      const segments = files.filter(
        ({ path }) => path.endsWith('.log') && partition.exec(basename(dirname(path)))?.[1] === topic,
      )
      topics[topic] = { messages, bytes: totalOf(segments) }
    }
    return { topics, diskBytes: totalOf(files) }
  } finally {
    await admin.disconnect()
  }
}

interface File {
  path: string
  bytes: number
}

/** What is on the disk: files that are made longer than what was written into them count by their blocks. */
function filesBelow(dir: string): File[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    if (!entry.isFile()) return []
    const path = join(entry.parentPath, entry.name)
    // A broker removes files while they are looked at.
    const blocks = statSync(path, { throwIfNoEntry: false })?.blocks ?? 0
    return [{ path, bytes: blocks * 512 }]
  })
}

function totalOf(files: readonly File[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0)
}
