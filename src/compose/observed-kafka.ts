import type { KafkaObserver } from '../kafka/observe-kafka.ts'
import { makeBoundedLabel } from '../telemetry/bounded-label.ts'
import type { Metrics } from '../telemetry/metrics.ts'

/** Kafka's protocol has some seventy requests, of which a client uses a dozen. */
const MAX_APIS = 40

/** Shows what the clients of Kafka do. @param topicPrefix is taken off the names of groups */
export function kafkaObserver(metrics: Metrics, topicPrefix: string): KafkaObserver {
  const apiLabel = makeBoundedLabel(MAX_APIS)
  const groupOf = (groupId: string) => groupId.slice(topicPrefix.length)
  for (const client of ['producer', 'consumer', 'admin']) {
    metrics.kafkaTimeouts.inc({ client }, 0)
    metrics.kafkaQueued.set({ client }, 0)
  }
  return {
    answered: (client, api, seconds) =>
      metrics.kafkaRequests.observe({ client, api: apiLabel(api) }, seconds),
    timedOut: (client) => metrics.kafkaTimeouts.inc({ client }),
    queued: (client, requests) => metrics.kafkaQueued.set({ client }, requests),
    joined: (groupId) => metrics.consumerJoins.inc({ group: groupOf(groupId) }),
    crashed: (groupId) => metrics.consumerCrashes.inc({ group: groupOf(groupId) }),
  }
}
