import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { EventEnvelope, receivedEvent } from '../../src/kafka/received-event.ts'
import { PoisonEvent } from '../../src/pipeline/consumer-ports.ts'

const stored = JSON.parse(
  readFileSync(new URL('../../docs/events/event.schema.json', import.meta.url), 'utf8'),
)
const bookingId = '01a20a7c-39b4-7a0f-a89d-1f0de8c41f12'
const event = {
  event_id: '0b1f7c1e-1111-4222-8333-444455556666',
  type: 'booking.reserved',
  booking_version: 1,
  occurred_at: '2026-11-24T02:00:00.000Z',
  data: {},
}

function received(key: unknown, value: unknown) {
  const buffer = (part: unknown) =>
    part === null ? null : Buffer.from(typeof part === 'string' ? part : JSON.stringify(part))
  return receivedEvent({
    key: buffer(key),
    value: buffer(value),
    timestamp: '0',
    attributes: 0,
    offset: '0',
    headers: {},
  })
}

test('docs/events says what consumers check', () => {
  const { $schema, ...schema } = stored
  assert.equal($schema, 'https://json-schema.org/draft/2020-12/schema')
  assert.deepEqual(schema, JSON.parse(JSON.stringify(EventEnvelope)))
})

test('a message in the form of every event is one, with fields that nobody knows yet, too', () => {
  assert.deepEqual(received(bookingId, { ...event, later: true }), {
    eventId: event.event_id,
    type: event.type,
    bookingId,
    version: 1,
    occurredAtMs: Date.parse(event.occurred_at),
    data: {},
    traceparent: null,
  })
})

test('anything else is poison, with a reason', () => {
  const without = (name: string) => Object.fromEntries(Object.entries(event).filter(([key]) => key !== name))
  const messages: [unknown, unknown][] = [
    ['not-a-booking', event],
    [null, event],
    [bookingId, null],
    [bookingId, '{"event_id"'],
    [bookingId, []],
    [bookingId, { ...event, event_id: 'seven' }],
    [bookingId, { ...event, type: 7 }],
    [bookingId, { ...event, booking_version: 1.5 }],
    [bookingId, { ...event, booking_version: 40_000 }],
    [bookingId, { ...event, occurred_at: 'yesterday' }],
    [bookingId, { ...event, data: 'none' }],
    [bookingId, { ...event, data: null }],
    ...Object.keys(event).map((name): [unknown, unknown] => [bookingId, without(name)]),
  ]
  for (const [key, value] of messages) {
    const answer = received(key, value)
    assert.ok(answer instanceof PoisonEvent, JSON.stringify(value))
    assert.ok(answer.message.length > 10)
  }
})
