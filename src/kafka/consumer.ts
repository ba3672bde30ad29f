import type { Consumer, Kafka } from 'kafkajs'
import type { Consume } from '../pipeline/consume.ts'
import { pause, pauseMsAfter, within } from '../pipeline/patience.ts'
import { Unavailable } from '../pipeline/unavailable.ts'
import { kafkaFailure } from './failure.ts'
import { createTopics } from './topics.ts'
import { type ArrivedLetter, workOnBatch } from './work-on-batch.ts'

export interface ConsumerSettings {
  groupId: string
  topicPrefix: string
  /** Without the prefix. */
  topic: string
  /** A member that is silent for so long has lost its partitions. */
  sessionTimeoutMs: number
  /** How long a batch may take to stop once it was told to: an attempt's deadline, and some more. */
  stopTimeoutMs: number
}

/** How long a broker holds a fetch that finds nothing; a stop and a rebalance wait for it. */
const FETCH_WAIT_MS = 500
const PARTITIONS_AT_A_TIME = 4
/** Without a sign of life for so long a consumer is taken for dead, whatever it says of itself. */
const STALLED_MS = 60_000
/** Failures of a consumer that was never there before anybody is told. */
const QUIET_FAILURES = 7
const RETRY = { retries: 4, initialRetryTime: 100, maxRetryTime: 1000 }

/**
 * A member of a consumer group that lives until it is stopped. kafkajs's own restarts are off, because it gives up on errors that it
 * takes for final: however a consumer ends, a new one is made after a pause. Starting does not wait for Kafka.
 */
export function makeConsumer(
  kafka: Kafka,
  settings: ConsumerSettings,
  consume: Consume<ArrivedLetter>,
  onError: (error: unknown) => void,
): { start(): void; stop(): Promise<void> } {
  const stopping = new AbortController()
  let running: Promise<void> = Promise.resolve()
  let joined = false
  let hasJoined = false

  async function run(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; failures++) {
      joined = false
      try {
        await live()
      } catch (error) {
        // A broker that is starting beside this process is no news.
        if (hasJoined || failures >= QUIET_FAILURES) onError(kafkaFailure(error))
      }
      if (joined) failures = 0
      await pause(pauseMsAfter(failures), stopping.signal)
    }
  }

  /** One consumer's life. @throws what ended it, unless it was told to stop */
  async function live(): Promise<void> {
    await createTopics(kafka, settings.topicPrefix)
    const heartbeatMs = Math.floor(settings.sessionTimeoutMs / 8)
    const consumer = kafka.consumer({
      groupId: settings.groupId,
      sessionTimeout: settings.sessionTimeoutMs,
      heartbeatInterval: heartbeatMs,
      rebalanceTimeout: settings.stopTimeoutMs,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      allowAutoTopicCreation: false,
      retry: { ...RETRY, restartOnFailure: async () => false },
    })
    const ended = watch(consumer)
    try {
      await consumer.connect()
      await consumer.subscribe({ topic: settings.topicPrefix + settings.topic, fromBeginning: true })
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: PARTITIONS_AT_A_TIME,
        eachBatch: (payload) => workOnBatch(payload, consume, { heartbeatMs, signal: stopping.signal }),
      })
      await ended
    } finally {
      const leaving = within(settings.stopTimeoutMs, consumer.disconnect(), () => new Unavailable('kafka'))
      await leaving.catch(onError)
    }
  }

  /** Resolves when the consumer shall stop. Rejects when it crashed, or does nothing any more. */
  function watch(consumer: Consumer): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    let lastSignMs = performance.now()
    const alive = () => {
      lastSignMs = performance.now()
    }
    for (const event of [consumer.events.FETCH, consumer.events.HEARTBEAT]) consumer.on(event, alive)
    consumer.on(consumer.events.GROUP_JOIN, () => {
      joined = true
      hasJoined = true
      alive()
    })
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    const timer = setInterval(() => {
      if (performance.now() - lastSignMs > STALLED_MS) reject(new Error('the consumer has stalled'))
    }, STALLED_MS / 10)
    const stop = () => resolve()
    stopping.signal.addEventListener('abort', stop)
    if (stopping.signal.aborted) stop()
    const watched = promise.finally(() => {
      clearInterval(timer)
      stopping.signal.removeEventListener('abort', stop)
    })
    // It may crash while it is still being started.
    watched.catch(() => {})
    return watched
  }

  return {
    start() {
      running = run()
    },
    async stop() {
      stopping.abort()
      await running
    },
  }
}
