import { allPartitions, partitionOfEvent } from '../pipeline/partition.ts'
import type { PausedBy } from '../queue/model.ts'
import type { Admittance, LiveQueues } from '../queue/ports.ts'
import {
  gonePrefix,
  inventoryKey,
  listeningKey,
  lobbyKey,
  overKey,
  passesKey,
  passPrefix,
  queueKey,
  queueMetaKey,
  queuesKey,
  saturatedKey,
  seenKey,
  streamKey,
} from './keys.ts'
import type { RedisPool } from './redis-pool.ts'

export interface AdmittanceSettings {
  passTtlMs: number
  /** Unwritten reservations of the event's partition above which nobody more is let in. */
  streamMaxEntries: number
  /** For how long nobody may be heard before they are passed over. */
  listenMs: number
}

/** People let in, drawn or passed over by one call of a script. */
const STEP = 500
/** How long it is remembered that somebody was passed over. */
const GONE_TTL_SECONDS = 3600
/** Without a sweep for so long, whoever did not listen may not have been able to. */
const OUTAGE_MS = 5000

type ReleaseReply = [
  released: number,
  more: number,
  pausedBy: PausedBy | '',
  waiting: number,
  active: number,
  rate: number,
  oldestMs: string,
  seq: string,
  served: string,
  drawn: string,
  waitedSeconds: number[],
]

/** Lets people in, and passes over those who do not listen any more. */
export function makeAdmittance(redis: RedisPool, settings: AdmittanceSettings): Admittance {
  return {
    async events() {
      const sets = await redis.gatherReachable(
        allPartitions,
        (partition) => partition,
        (pipeline, partition) => pipeline.smembers(queuesKey(partition)),
      )
      return (sets as (string[] | undefined)[]).flatMap((events) => events ?? [])
    },

    async release(eventId) {
      const partition = partitionOfEvent(eventId)
      const reply = (await redis.script(
        'queue_release',
        {
          meta: queueMetaKey(eventId),
          queue: queueKey(eventId),
          seen: seenKey(eventId),
          over: overKey(eventId),
          passes: passesKey(eventId),
          inventory: inventoryKey(eventId),
          lobby: lobbyKey(eventId),
          stream: streamKey(partition),
          saturated: saturatedKey(partition),
        },
        {
          pass_prefix: passPrefix(eventId),
          pass_ttl_ms: settings.passTtlMs,
          limit: STEP,
          stream_max_entries: settings.streamMaxEntries,
        },
      )) as ReleaseReply | null
      if (!reply) return null
      const [released, more, pausedBy, waiting, active, rate, oldestMs, seq, served, drawn, waited] = reply
      return {
        released,
        more: more === 1,
        pausedBy: pausedBy === '' ? null : pausedBy,
        waiting,
        activePasses: active,
        releaseRatePerSecond: rate,
        oldestJoinedAtMs: oldestMs === '' ? null : Number(oldestMs),
        waitedSeconds: waited,
        checkpoint: { seq: Number(seq), served: Number(served), drawn: drawn === '1' },
      }
    },

    async sweep(eventId) {
      return (await redis.script(
        'queue_sweep',
        {
          meta: queueMetaKey(eventId),
          queue: queueKey(eventId),
          seen: seenKey(eventId),
          over: overKey(eventId),
          alive: listeningKey(partitionOfEvent(eventId)),
        },
        {
          gone_prefix: gonePrefix(eventId),
          listen_ms: settings.listenMs,
          outage_ms: OUTAGE_MS,
          limit: STEP,
          gone_ttl_s: GONE_TTL_SECONDS,
        },
      )) as number
    },
  }
}

/** The settings and counts of queues in Redis. */
export function makeLiveQueues(redis: RedisPool): LiveQueues {
  return {
    async configure(queue) {
      await redis.script(
        'queue_configure',
        { meta: queueMetaKey(queue.eventId), queues: queuesKey(partitionOfEvent(queue.eventId)) },
        {
          event_id: queue.eventId,
          version: queue.version,
          rate: queue.releaseRatePerSecond,
          max_size: queue.maxSize,
          state: queue.state,
          max_active_passes: queue.maxActivePasses ?? '',
          pre_queue: queue.preQueue ? 1 : 0,
          drawn: queue.drawn ? 1 : 0,
          seq: queue.seq,
          served: queue.served,
        },
      )
    },

    async look(eventId) {
      const [fields, queue, lobby, active] = (await redis.pipeline(partitionOfEvent(eventId), (pipeline) => {
        pipeline.hmget(queueMetaKey(eventId), 'released', 'paused_by', 'drawn')
        pipeline.zcard(queueKey(eventId))
        pipeline.zcard(lobbyKey(eventId))
        // What has expired is taken away by the next release.
        pipeline.zcard(passesKey(eventId))
      })) as [(string | null)[], number, number, number]
      const [released, pausedBy, drawn] = fields
      if (released === null || released === undefined) return null
      return {
        waiting: queue + lobby,
        released: Number(released),
        activePasses: active,
        pausedBy: pausedBy ? (pausedBy as PausedBy) : null,
        drawn: drawn === '1',
      }
    },
  }
}
