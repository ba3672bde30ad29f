import type { Admin, Consumer, Kafka, Producer } from 'kafkajs'

export type KafkaClient = 'producer' | 'consumer' | 'admin'

/** Told of what clients do, from kafkajs's own instrumentation. */
export interface KafkaObserver {
  /** @param api of Kafka's protocol: Produce, Fetch, … */
  answered(client: KafkaClient, api: string, seconds: number): void
  timedOut(client: KafkaClient): void
  queued(client: KafkaClient, requests: number): void
  joined(groupId: string): void
  crashed(groupId: string): void
}

/** Every client that is made from now on is listened to. Listeners are the client's own, and go with it. */
export function observeKafka(kafka: Kafka, observer: KafkaObserver): Kafka {
  const { producer, consumer, admin } = kafka
  return Object.assign(kafka, {
    producer(...options: Parameters<Kafka['producer']>) {
      return listenTo('producer', producer.apply(kafka, options), observer)
    },
    admin: (...options: Parameters<Kafka['admin']>) =>
      listenTo('admin', admin.apply(kafka, options), observer),
    consumer(...options: Parameters<Kafka['consumer']>) {
      const made = listenTo('consumer', consumer.apply(kafka, options), observer)
      const { groupId } = options[0] ?? { groupId: '' }
      made.on(made.events.GROUP_JOIN, () => observer.joined(groupId))
      made.on(made.events.CRASH, () => observer.crashed(groupId))
      return made
    },
  })
}

function listenTo<Client extends Producer | Consumer | Admin>(
  name: KafkaClient,
  client: Client,
  observer: KafkaObserver,
): Client {
  const { REQUEST, REQUEST_TIMEOUT, REQUEST_QUEUE_SIZE } = client.events
  // The three kinds of clients name the same events each for itself.
  const on = client.on.bind(client) as (
    event: string,
    listener: (event: { payload: { apiName: string; duration: number; queueSize: number } }) => void,
  ) => void
  on(REQUEST, ({ payload }) => observer.answered(name, payload.apiName, payload.duration / 1000))
  on(REQUEST_TIMEOUT, () => observer.timedOut(name))
  on(REQUEST_QUEUE_SIZE, ({ payload }) => observer.queued(name, payload.queueSize))
  return client
}
