import { kafkaAccess } from '../compose/access.ts'
import type { Settings } from '../config.ts'
import { makeKafka } from '../kafka/client.ts'
import { readTopic } from '../kafka/read-topic.ts'
import type { Tools } from './tools.ts'

export interface KafkaComparison {
  equal: boolean
  messages: number
  inKafka: number
  inPostgres: number
  /** Booking ids that one side has and the other has not, a few of each. */
  missingInKafka: string[]
  missingInPostgres: string[]
  summary: string
}

const SHOWN = 10

/** Compares the distinct booking ids of the topic with those of PostgreSQL. The whole topic is read. */
export async function compareWithKafka(config: Settings, { database }: Tools): Promise<KafkaComparison> {
  const kafka = makeKafka({
    ...kafkaAccess(config),
    clientId: 'floodgate-audit',
  })
  const inKafka = new Set<string>()
  const messages = await readTopic(kafka, `${config.KAFKA_TOPIC_PREFIX}booking-events`, (key) =>
    inKafka.add(key),
  )
  const { rows } = await database.query<{ id: string }>({
    text: 'SELECT id FROM bookings',
  })
  const inPostgres = new Set(rows.map(({ id }) => id))
  const missingInKafka = [...inPostgres].filter((id) => !inKafka.has(id))
  const missingInPostgres = [...inKafka].filter((id) => !inPostgres.has(id))
  const equal = missingInKafka.length === 0 && missingInPostgres.length === 0
  return {
    equal,
    messages,
    inKafka: inKafka.size,
    inPostgres: inPostgres.size,
    missingInKafka: missingInKafka.slice(0, SHOWN),
    missingInPostgres: missingInPostgres.slice(0, SHOWN),
    summary:
      `Kafka: ${messages} events of ${inKafka.size} bookings; PostgreSQL: ${inPostgres.size} bookings; ` +
      (equal
        ? 'the same set'
        : `${missingInKafka.length} missing in Kafka, ${missingInPostgres.length} missing in PostgreSQL`),
  }
}
