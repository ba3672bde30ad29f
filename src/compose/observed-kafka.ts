import type { KafkaClient, KafkaObserver } from '../kafka/observe-kafka.ts'
import type { Metrics } from '../telemetry/metrics.ts'

const EVERYWHERE = ['ApiVersions', 'Metadata', 'other'] as const
/** What each kind of client asks of a broker, by kafkajs's names; what it asks beside that is `other`. */
const APIS: Readonly<Record<KafkaClient, readonly string[]>> = {
  producer: [...EVERYWHERE, 'InitProducerId', 'Produce'],
  consumer: [
    ...EVERYWHERE,
    ...['GroupCoordinator', 'JoinGroup', 'SyncGroup', 'Heartbeat', 'LeaveGroup'],
    ...['Fetch', 'ListOffsets', 'OffsetFetch', 'OffsetCommit'],
  ],
  admin: [...EVERYWHERE, 'GroupCoordinator', 'CreateTopics', 'ListOffsets', 'OffsetFetch'],
}

/** Shows what the clients of Kafka do. @param topicPrefix is taken off the names of groups */
export function kafkaObserver(metrics: Metrics, topicPrefix: string): KafkaObserver {
  const groupOf = (groupId: string) => groupId.slice(topicPrefix.length)
  const of = (client: KafkaClient) => ({
    durations: new Map(APIS[client].map((api) => [api, metrics.kafkaRequests.labels(client, api)])),
    timeouts: metrics.kafkaTimeouts.labels(client),
    waiting: metrics.kafkaQueued.labels(client),
  })
  const clients: Record<KafkaClient, ReturnType<typeof of>> = {
    producer: of('producer'),
    consumer: of('consumer'),
    admin: of('admin'),
  }
  for (const [client, { timeouts, waiting }] of Object.entries(clients)) {
    for (const api of APIS[client as KafkaClient]) metrics.kafkaRequests.zero({ client, api })
    timeouts.inc(0)
    waiting.inc(0)
  }
  return {
    answered(client, api, seconds) {
      const { durations } = clients[client]
      durations.get(durations.has(api) ? api : 'other')?.observe(seconds)
    },
    timedOut: (client) => clients[client].timeouts.inc(),
    queued: (client, change) => clients[client].waiting.inc(change),
    joined: (groupId) => metrics.consumerJoins.inc({ group: groupOf(groupId) }),
    crashed: (groupId) => metrics.consumerCrashes.inc({ group: groupOf(groupId) }),
  }
}
