import { kafkaAccess } from '../compose/access.ts'
import type { Settings } from '../config.ts'
import { makeKafka } from '../kafka/client.ts'
import { readTopic } from '../kafka/read-topic.ts'
import type { Tools } from './tools.ts'

export interface KafkaComparison {
  equal: boolean
  messages: number
  /** Distinct events, of so many bookings; and those that PostgreSQL's bookings must have had. */
  eventsInKafka: number
  eventsInPostgres: number
  inKafka: number
  inPostgres: number
  /** As `<booking id> version 2`: events that one side has and the other has not, a few of each. */
  missingInKafka: string[]
  missingInPostgres: string[]
  summary: string
}

const SHOWN = 10
/** Versions are bits of one number: a booking has three events at most. */
const UNREADABLE = 30

/**
 * Compares the distinct events of the topic with what PostgreSQL's bookings say of themselves: one of version n has had events 1 to n.
 * The whole topic is read; an event that was published twice counts once.
 */
export async function compareWithKafka(config: Settings, { database }: Tools): Promise<KafkaComparison> {
  const kafka = makeKafka({
    ...kafkaAccess(config),
    clientId: 'floodgate-audit',
  })
  const inKafka = new Map<string, number>()
  const messages = await readTopic(kafka, `${config.KAFKA_TOPIC_PREFIX}booking-events`, (key, value) =>
    inKafka.set(key, (inKafka.get(key) ?? 0) | bitOf(versionOf(value))),
  )
  const { rows } = await database.query<{ id: string; version: number }>({
    text: 'SELECT id, version FROM bookings',
  })
  const inPostgres = new Map(rows.map(({ id, version }) => [id, bitOf(version + 1) - 1]))
  const missingInKafka = missing(inPostgres, inKafka)
  const missingInPostgres = missing(inKafka, inPostgres)
  const equal = missingInKafka.count === 0 && missingInPostgres.count === 0
  const eventsInKafka = eventsOf(inKafka)
  return {
    equal,
    messages,
    eventsInKafka,
    eventsInPostgres: eventsOf(inPostgres),
    inKafka: inKafka.size,
    inPostgres: inPostgres.size,
    missingInKafka: missingInKafka.shown,
    missingInPostgres: missingInPostgres.shown,
    summary:
      `Kafka: ${eventsInKafka} events of ${inKafka.size} bookings in ${messages} messages; PostgreSQL: ${inPostgres.size} bookings; ` +
      (equal
        ? 'the same events'
        : `${missingInKafka.count} events missing in Kafka, ${missingInPostgres.count} missing in PostgreSQL`),
  }
}

/** What cannot be read counts as a version that no booking has. */
function versionOf(value: string): number {
  try {
    const { booking_version: version } = JSON.parse(value) as { booking_version?: unknown }
    if (typeof version === 'number' && version >= 1 && version < UNREADABLE) return Math.floor(version)
  } catch {
    // As any other.
  }
  return UNREADABLE
}

function bitOf(version: number): number {
  return 1 << (version - 1)
}

function eventsOf(bookings: ReadonlyMap<string, number>): number {
  let events = 0
  for (const bits of bookings.values()) events += versionsIn(bits).length
  return events
}

function versionsIn(bits: number): number[] {
  const versions: number[] = []
  for (let version = 1; bits >= bitOf(version) && version <= UNREADABLE; version++)
    if (bits & bitOf(version)) versions.push(version)
  return versions
}

/** What the first has and the second has not. */
function missing(have: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>) {
  let count = 0
  const shown: string[] = []
  for (const [id, bits] of have) {
    const lacking = bits & ~(other.get(id) ?? 0)
    if (lacking === 0) continue
    for (const version of versionsIn(lacking)) {
      count++
      if (shown.length < SHOWN) shown.push(`${id} version ${version}`)
    }
  }
  return { count, shown }
}
