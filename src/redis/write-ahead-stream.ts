import type { Redis } from 'ioredis'
import { allPartitions } from '../pipeline/partition.ts'
import type { WriteAheadEntry, WriteAheadStream } from '../pipeline/ports.ts'
import { fieldsOf, holdOfFields } from './hold-fields.ts'
import { generationKey, streamKey } from './keys.ts'
import type { RedisPool } from './redis-pool.ts'

type StreamReply = [id: string, fields: string[]][]

/** The write-ahead streams, as the persister sees them. */
export function makeWriteAheadStream(redis: RedisPool): WriteAheadStream {
  return {
    async read(partition, afterId, limit) {
      const replies = await redis.at(partition, (connection) =>
        connection
          .multi()
          .get(generationKey(partition))
          .xrange(streamKey(partition), `(${afterId}`, '+', 'COUNT', limit)
          .exec(),
      )
      const [generation, entries] = (replies ?? []).map(([error, reply]) => {
        if (error) throw error
        return reply
      })
      return {
        generation: Number(generation ?? 0),
        entries: entriesOf(entries as StreamReply),
      }
    },

    async trim(partition, throughId) {
      await redis.at(partition, (connection) =>
        connection.xtrim(streamKey(partition), 'MINID', '=', nextId(throughId)),
      )
    },

    async backlog() {
      const lengths = await redis.gatherReachable(
        allPartitions,
        (partition) => partition,
        (pipeline, partition) => pipeline.xlen(streamKey(partition)),
      )
      const reached = allPartitions.filter((partition) => lengths[partition] !== undefined)
      const waiting = reached.filter((partition) => Number(lengths[partition]) > 0)
      const ages = await agesOf(waiting)
      return reached.map((partition) => ({
        partition,
        entries: Number(lengths[partition]),
        oldestMs: ages.get(partition) ?? 0,
      }))
    },
  }

  /** Of the oldest entry of each. Both its times come from the partition's own server. */
  async function agesOf(partitions: readonly number[]): Promise<Map<number, number>> {
    const asked = partitions.flatMap((partition) =>
      (['time', 'oldest'] as const).map((what) => ({ partition, what })),
    )
    const replies = await redis.gatherReachable(
      asked,
      ({ partition }) => partition,
      (pipeline, { partition, what }) =>
        what === 'time' ? pipeline.time() : pipeline.xrange(streamKey(partition), '-', '+', 'COUNT', 1),
    )
    return new Map(
      partitions.flatMap((partition, index) => {
        const [time, stream] = replies.slice(2 * index) as [string[]?, StreamReply?]
        const oldest = stream?.[0]
        if (!time || !oldest) return []
        const [seconds = '0', micros = '0'] = time
        const nowMs = Number(seconds) * 1000 + Number(micros) / 1000
        return [[partition, Math.max(0, nowMs - Number(oldest[0].split('-')[0]))]]
      }),
    )
  }
}

/** Reads entries without asking in which generation: for the reconciler, which has just closed the last one. */
export async function readEntries(
  connection: Redis,
  partition: number,
  afterId: string,
  limit: number,
): Promise<WriteAheadEntry[]> {
  return entriesOf(
    (await connection.xrange(streamKey(partition), `(${afterId}`, '+', 'COUNT', limit)) as StreamReply,
  )
}

function entriesOf(reply: StreamReply): WriteAheadEntry[] {
  return reply.map(([id, flat]) => {
    const fields = fieldsOf(flat)
    return { id, hold: holdOfFields(fields['b'] ?? '', fields) }
  })
}

/** The smallest id after another: stream ids are milliseconds and a 64 bit number. */
export function nextId(id: string): string {
  const [ms = '0', seq = '0'] = id.split('-')
  return `${ms}-${BigInt(seq) + 1n}`
}
