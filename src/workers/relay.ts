import { type EventPublisher, OUTBOX_SHARDS, type Outbox } from '../pipeline/ports.ts'
import { makeLoop, type Part } from './loop.ts'

/** Publishes the outbox to Kafka, one loop for each shard. While Kafka is away the rows wait, in order. */
export function makeRelays(deps: {
  outbox: Outbox
  publisherOf: (shard: number) => EventPublisher
  batchMaxRows: number
  idleMs: number
  onError: (name: string, error: unknown) => void
}): Part[] {
  return Array.from({ length: OUTBOX_SHARDS }, (_, shard) => {
    const publisher = deps.publisherOf(shard)
    return makeLoop({
      name: `relay-${shard}`,
      idleMs: deps.idleMs,
      maxPauseMs: 5000,
      onError: deps.onError,
      async step() {
        const published = await deps.outbox.drain(shard, deps.batchMaxRows, (messages) =>
          publisher.publish(messages),
        )
        return published === deps.batchMaxRows ? 'more' : 'idle'
      },
    })
  })
}
