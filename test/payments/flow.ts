/** What Kafka does between the outbox and the handlers, without Kafka: at least once, in order, deleted after the work. */
import assert from 'node:assert/strict'
import type { Hold } from '../../src/booking/model.ts'
import type { ReceivedEvent } from '../../src/pipeline/consumer-ports.ts'
import { OUTBOX_SHARDS, type OutboxMessage } from '../../src/pipeline/ports.ts'
import { Unavailable } from '../../src/pipeline/unavailable.ts'
import { makeOutbox } from '../../src/postgres/outbox.ts'
import { assertSound } from '../booking/probe.ts'
import type { TestService } from '../support/service.ts'

const BATCH = 50
const MAX_ROUNDS = 200

function receivedOf(message: OutboxMessage): ReceivedEvent {
  return {
    eventId: message.messageId,
    type: message.type,
    bookingId: message.bookingId,
    version: message.version,
    occurredAtMs: message.occurredAt.getTime(),
    data: message.data as Record<string, unknown>,
    traceparent: message.traceparent,
  }
}

/**
 * Hands what waits in the outbox to the handlers until nothing is left. What a handler fails at for now is handed out again.
 *
 * @param times how often each event is delivered
 */
export async function deliver(service: TestService, times = 1): Promise<void> {
  const outbox = makeOutbox(service.stores.database)
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if ((await outbox.backlog()).rows === 0) return
    for (let shard = 0; shard < OUTBOX_SHARDS; shard++) {
      await unlessAway(() => outbox.drain(shard, BATCH, (messages) => handle(service, messages, times)))
    }
  }
  assert.fail('the outbox does not get empty')
}

/** Hands what waits to the handlers, shard by shard. @throws what the first one that fails throws; its events stay */
export async function deliverOnce(service: TestService): Promise<void> {
  const outbox = makeOutbox(service.stores.database)
  for (let shard = 0; shard < OUTBOX_SHARDS; shard++) {
    await outbox.drain(shard, BATCH, (messages) => handle(service, messages, 1))
  }
}

async function handle(service: TestService, messages: OutboxMessage[], times: number): Promise<void> {
  for (const message of messages) {
    const { topic } = message
    if (topic !== 'payment-events' && topic !== 'payment-commands') continue
    for (let time = 0; time < times; time++) await service.handlers[topic](receivedOf(message))
  }
}

async function unlessAway(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
  }
}

/** One round of the poller over everything that is pending, however young. */
export async function poll(service: TestService): Promise<void> {
  await service.stores.database.query({ text: 'UPDATE payments SET next_poll_at = now() WHERE true' })
  const pending = await service.payments.payments.claimPending(1000, { firstMs: 1, maxMs: 1 })
  await Promise.allSettled(pending.map(service.payments.refresh))
}

/** A payment of a hold, begun as a request would. @returns its id and state */
export async function intentOf(
  service: TestService,
  hold: Hold,
  method: Parameters<TestService['paymentApi']['start']>[0]['method'] = 'succeed',
): Promise<{ id: string; state: string }> {
  const outcome = await service.paymentApi.start({
    bookingId: hold.bookingId,
    userId: hold.userId,
    amountMinor: hold.unitPriceMinor * hold.quantity,
    currency: hold.currency,
    method,
    traceparent: null,
  })
  if (outcome.kind === 'attempts_used') return { id: '', state: outcome.kind }
  return outcome.payment
}

/** The states of a booking's payments in both books, by attempt. */
export async function paymentsOf(service: TestService, { bookingId }: Hold): Promise<string[]> {
  const { rows } = await service.stores.database.query<{ id: string; state: string }>({
    text: 'SELECT id, state FROM payments WHERE booking_id = $1 ORDER BY attempt',
    values: [bookingId],
  })
  return Promise.all(
    rows.map(
      async ({ id, state }) => `${state}/${(await service.payments.provider.find(id))?.state ?? 'unknown'}`,
    ),
  )
}

/** Everything that should happen of itself has: seats and money agree, in both stores and both books. */
export async function assertSettled(service: TestService): Promise<void> {
  await poll(service)
  await deliver(service)
  assert.deepEqual(await service.paymentFindings(), [])
  await assertSound(service)
  await deliver(service)
  assert.deepEqual(await service.paymentFindings(), [])
}
