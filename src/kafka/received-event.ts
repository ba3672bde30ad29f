import type { IHeaders, KafkaMessage } from 'kafkajs'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { PoisonEvent, type ReceivedEvent } from '../pipeline/consumer-ports.ts'
import { traceContextOf } from '../pipeline/trace-context.ts'

/** The form of every event, whatever its data; docs/events/event.schema.json is made from it. */
export const EventEnvelope = Type.Object(
  {
    event_id: Type.String({ format: 'uuid', description: 'Stays the same when the event is sent again' }),
    type: Type.String({ minLength: 1, maxLength: 100 }),
    booking_version: Type.Integer({
      minimum: 0,
      maximum: 32_767,
      description: 'On booking-events it counts the changes of the booking; elsewhere it orders nothing',
    }),
    occurred_at: Type.String({ format: 'date-time' }),
    data: Type.Record(Type.String(), Type.Unknown()),
  },
  {
    title: 'The form of every event',
    description: 'The key of a message is the booking id. Unknown fields are ignored.',
  },
)

const envelope = Compile(EventEnvelope)
const bookingId = Compile(Type.String({ format: 'uuid' }))

/** Reads a message. What is no event of this service comes back as poison, with the reason. */
export function receivedEvent({ key, value, headers }: KafkaMessage): ReceivedEvent | PoisonEvent {
  const id = String(key)
  if (!bookingId.Check(id)) return new PoisonEvent('the key is not a booking id')
  let message: unknown
  try {
    message = JSON.parse(String(value))
  } catch (cause) {
    return new PoisonEvent('the value is not JSON', cause)
  }
  if (!envelope.Check(message)) {
    const [error] = envelope.Errors(message)
    return new PoisonEvent(`the value is not an event: ${error?.instancePath || 'it'} ${error?.message}`)
  }
  const event: Static<typeof EventEnvelope> = message
  return {
    eventId: event.event_id,
    type: event.type,
    bookingId: id,
    version: event.booking_version,
    occurredAtMs: Date.parse(event.occurred_at),
    data: event.data,
    traceparent: traceContextOf(textOf(headers?.['traceparent']), textOf(headers?.['tracestate'])),
  }
}

function textOf(header: IHeaders[string]): string | undefined {
  return Buffer.isBuffer(header) ? header.toString() : undefined
}
