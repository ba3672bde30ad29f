/** Whether the last round of a soak added anything to the one before it that its live data does not explain. */
import type { Judgement, Reading } from './measured.ts'
import type { NodeMemory } from './node-memory.ts'

const MIB = 2 ** 20
/** Compiled code and caches that fill up. At 1.8 million reservations a round, 8 MiB are less than five bytes of each. */
const HEAP_BYTES = 8 * MIB
/** The allocator keeps pages for a while: memory of a process says less than its heap. */
const PROCESS = { bytes: 64 * MIB, share: 0.15 }
const REDIS = { bytes: 8 * MIB, share: 0.05 }
/** A table whose rows are gone again has room for the next: it grows no more. Half-empty pages are no leak. */
const TABLE = { bytes: 16 * MIB, share: 0.15 }
/** Below this nothing is to be judged. */
const TABLE_LEAST = MIB

/** @param before after the round before, @param after the last one */
export function judge(before: Reading, after: Reading): Judgement[] {
  return [
    ...ofNode('api', before.api, after.api),
    ...ofNode('worker', before.worker, after.worker),
    grown(
      'redis, what its keys do not explain',
      before.redis.unexplainedBytes,
      after.redis.unexplainedBytes,
      {
        ...REDIS,
        of: before.redis.usedBytes,
      },
    ),
    grown(
      'redis, memory beyond what it uses',
      before.redis.rssBytes - before.redis.usedBytes,
      after.redis.rssBytes - after.redis.usedBytes,
      { ...PROCESS, of: after.redis.usedBytes },
    ),
    noneLeft(after),
    grown('postgres, memory', before.postgres.pssBytes, after.postgres.pssBytes, PROCESS),
    ...Object.keys(after.postgres.tables).flatMap((table) => ofTable(table, before, after)),
    grown('kafka, memory', before.kafka.rssBytes, after.kafka.rssBytes, PROCESS),
    ...Object.keys(after.kafka.topics).flatMap((topic) => ofTopic(topic, before, after)),
  ]
}

function ofNode(name: string, before: NodeMemory, after: NodeMemory): Judgement[] {
  return [
    grown(`${name}, heap`, before.heapUsedBytes, after.heapUsedBytes, { bytes: HEAP_BYTES }),
    grown(`${name}, external`, before.externalBytes, after.externalBytes, { bytes: HEAP_BYTES }),
    grown(`${name}, memory`, before.rssBytes, after.rssBytes, PROCESS),
  ]
}

/** Holds and what belongs to them end with them. What remembers people or keys is counted, and weighed. */
function noneLeft({ redis: { kinds } }: Reading): Judgement {
  const left = ['hold', 'holds', 'freed'].flatMap((kind) => {
    const keys = kinds[kind]?.keys ?? 0
    return keys > 0 ? [`${keys} keys ${kind}:…`] : []
  })
  return {
    what: 'redis, keys of holds',
    why: left.length === 0 ? 'no hold is left' : `there are ${left.join(', ')}, and nobody holds a seat`,
    held: left.length === 0,
  }
}

/** Where there are more rows, each new one takes no more than those before it did; where there are not, there is no more. */
function ofTable(table: string, { postgres: before }: Reading, { postgres: after }: Reading): Judgement[] {
  const [was, is] = [before.tables[table] ?? { rows: 0, bytes: 0 }, after.tables[table]]
  if (!is || is.bytes < TABLE_LEAST) return []
  const rows = Math.max(0, is.rows - was.rows)
  const explained = was.rows > 0 ? (rows * was.bytes) / was.rows : 0
  const name = `postgres, ${table}`
  if (rows === 0) return [grown(name, was.bytes, is.bytes, TABLE)]
  return [more(name, { count: rows, of: 'rows', bytes: is.bytes - was.bytes, explained }, TABLE)]
}

function ofTopic(topic: string, { kafka: before }: Reading, { kafka: after }: Reading): Judgement[] {
  const [was, is] = [before.topics[topic] ?? { messages: 0, bytes: 0 }, after.topics[topic]]
  if (!is || is.bytes < TABLE_LEAST) return []
  const messages = Math.max(0, is.messages - was.messages)
  const explained = was.messages > 0 ? (messages * was.bytes) / was.messages : 0
  const bytes = is.bytes - was.bytes
  return [more(`kafka, ${topic}`, { count: messages, of: 'messages', bytes, explained }, TABLE)]
}

interface Allowed {
  bytes: number
  /** Of what was there, or of `of`: whatever is more counts. */
  share?: number
  of?: number
}

function grown(what: string, was: number, is: number, { bytes, share = 0, of = was }: Allowed): Judgement {
  const allowed = Math.max(bytes, share * of)
  const why = `${mib(was)} → ${mib(is)}, at most ${mib(allowed)} more`
  return { what, why, held: is - was <= allowed }
}

function more(
  what: string,
  { count, of, bytes, explained }: { count: number; of: string; bytes: number; explained: number },
  allowed: { bytes: number; share: number },
): Judgement {
  const limit = explained + Math.max(allowed.bytes, allowed.share * explained)
  const why = `${count} ${of} more took ${mib(bytes)}; as those before they would take ${mib(explained)}, at most ${mib(limit)}`
  return { what, why, held: bytes <= limit }
}

const mib = (bytes: number) => `${(bytes / MIB).toFixed(1)} MiB`
