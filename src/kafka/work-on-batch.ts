import type { EachBatchPayload } from 'kafkajs'
import type { Consume } from '../pipeline/consume.ts'
import type { PoisonEvent, ReceivedEvent } from '../pipeline/consumer-ports.ts'
import type { Letter } from './dead-letters.ts'
import { receivedEvent } from './received-event.ts'

export type ArrivedLetter = Letter & { event: ReceivedEvent | PoisonEvent }

/** Messages whose work is written down and committed together. */
const CHUNK_MAX_MESSAGES = 200

/**
 * Works on a batch of one partition, a chunk after the other. Offsets are committed before the position moves: when a commit
 * fails, the same messages are fetched again, known by then, and committed with the next try. A heartbeat that fails stops the
 * work: the partition is another's, or soon will be.
 *
 * @throws what kafkajs has to see: a rebalance, a lost connection
 */
export async function workOnBatch(
  payload: EachBatchPayload,
  consume: Consume<ArrivedLetter>,
  options: { heartbeatMs: number; signal: AbortSignal },
): Promise<void> {
  const { batch, heartbeat, resolveOffset, commitOffsetsIfNecessary } = payload
  const { topic, partition } = batch
  const ending = new AbortController()
  const { signal } = ending
  let lost: { error: unknown } | null = null
  const stop = () => ending.abort()
  const timer = setInterval(() => {
    heartbeat().catch((error: unknown) => {
      lost ??= { error }
      stop()
    })
  }, options.heartbeatMs)
  options.signal.addEventListener('abort', stop)
  if (options.signal.aborted) stop()
  try {
    for (let i = 0; i < batch.messages.length && !signal.aborted; i += CHUNK_MAX_MESSAGES) {
      const chunk = batch.messages
        .slice(i, i + CHUNK_MAX_MESSAGES)
        .map((message) => ({ topic, partition, message, event: receivedEvent(message) }))
      const done = await consume(chunk, signal)
      const last = chunk[done - 1]
      if (!last) break
      const next = String(BigInt(last.message.offset) + 1n)
      await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset: next }] }] })
      resolveOffset(last.message.offset)
      if (done < chunk.length) break
    }
  } finally {
    clearInterval(timer)
    options.signal.removeEventListener('abort', stop)
  }
  const left = lost as { error: unknown } | null
  if (left) throw left.error
}
