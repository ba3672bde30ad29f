import type { Admin, Consumer, Kafka, Producer } from 'kafkajs'

export type KafkaClient = 'producer' | 'consumer' | 'admin'

/** Told of what clients do, from kafkajs's own instrumentation. */
export interface KafkaObserver {
  /** @param api of Kafka's protocol: Produce, Fetch, … */
  answered(client: KafkaClient, api: string, seconds: number): void
  timedOut(client: KafkaClient): void
  /** So many requests more, or fewer, wait to be sent. */
  queued(client: KafkaClient, change: number): void
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

interface NetworkEvent {
  payload: { apiName: string; duration: number; broker: string; queueSize: number }
}

function listenTo<Client extends Producer | Consumer | Admin>(
  name: KafkaClient,
  client: Client,
  observer: KafkaObserver,
): Client {
  const { REQUEST, REQUEST_TIMEOUT, REQUEST_QUEUE_SIZE, DISCONNECT } = client.events
  // The three kinds of clients name the same events each for itself.
  const on = client.on.bind(client) as (event: string, listener: (event: NetworkEvent) => void) => void
  /** Of this client, by broker: several clients of a kind are added up. */
  const waiting = new Map<string, number>()

  function queued(broker: string, requests: number): void {
    const change = requests - (waiting.get(broker) ?? 0)
    if (requests === 0) waiting.delete(broker)
    else waiting.set(broker, requests)
    if (change !== 0) observer.queued(name, change)
  }

  on(REQUEST, ({ payload }) => observer.answered(name, payload.apiName, payload.duration / 1000))
  on(REQUEST_TIMEOUT, () => observer.timedOut(name))
  on(REQUEST_QUEUE_SIZE, ({ payload }) => queued(payload.broker, payload.queueSize))
  // What waited in a client that has ended waits no more.
  on(DISCONNECT, () => {
    for (const broker of [...waiting.keys()]) queued(broker, 0)
  })
  return client
}
