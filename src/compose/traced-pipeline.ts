/** The seams of what flows behind a request: batches, messages and their handlers, each with the trace of those it is for. */
import { context, type Link, type Span, SpanKind } from '@opentelemetry/api'
import type { Ledger } from '../booking/ports.ts'
import type { EventHandler, ReceivedEvent } from '../pipeline/consumer-ports.ts'
import type { EventPublisher, OutboxMessage, WriteAheadLog } from '../pipeline/ports.ts'
import { isSampled } from '../pipeline/trace-context.ts'
import type { AroundBatch } from '../postgres/ledger.ts'
import { beginBatchSpan } from '../telemetry/tracing/batch-span.ts'
import { contextOf, spanContextOf, textOfSpan } from '../telemetry/tracing/span-context.ts'
import {
  activeSpan,
  beginChild,
  type LateSpan,
  markFailed,
  type Tracing,
  within,
  withLateSpan,
} from '../telemetry/tracing/tracing.ts'

type Traced = readonly [string, ...string[]]

/** Those that are traced, in the order given; null: none is. */
function tracedOf(contexts: readonly (string | null)[]): Traced | null {
  const traced = contexts.filter(isSampled)
  return traced.length > 0 ? (traced as unknown as Traced) : null
}

/** A batch of reservations is written inside of one span, from the moment that its entries are known to its commit. */
export function traceWriteAheadLog(log: WriteAheadLog, { tracer }: Tracing): WriteAheadLog {
  if (tracer === null) return log
  return {
    async persist(partition, read) {
      const late: LateSpan = { span: null }
      try {
        return await withLateSpan(late, () =>
          log.persist(partition, async (afterId) => {
            const result = await read(afterId)
            const traced = tracedOf(result.entries.map(({ hold }) => hold.traceparent))
            if (traced !== null)
              late.span = beginBatchSpan(
                tracer,
                'process wal',
                walSpan(partition, result.entries.length),
                traced,
              )
            return result
          }),
        )
      } catch (error) {
        if (late.span !== null) markFailed(late.span, error)
        throw error
      } finally {
        late.span?.end()
      }
    },
  }
}

function walSpan(partition: number, entries: number) {
  return {
    kind: SpanKind.CONSUMER,
    attributes: {
      'messaging.system': 'redis',
      'messaging.operation.type': 'process',
      'messaging.operation.name': 'process',
      'messaging.destination.name': 'wal',
      'messaging.destination.partition.id': String(partition),
      'messaging.batch.message_count': entries,
    },
  }
}

/** A batch of endings is committed inside of one span. */
export function traceEndings({ tracer }: Tracing): AroundBatch {
  return async (endings, commit) => {
    const traced = tracer === null ? null : tracedOf(endings.map(({ hold }) => hold.traceparent))
    if (tracer === null || traced === null) return commit()
    const options = { kind: SpanKind.INTERNAL, attributes: { 'floodgate.batch.endings': endings.length } }
    const late: LateSpan = { span: beginBatchSpan(tracer, 'commit endings', options, traced) }
    try {
      return await withLateSpan(late, commit)
    } catch (error) {
      if (late.span !== null) markFailed(late.span, error)
      throw error
    } finally {
      late.span?.end()
    }
  }
}

/** Whoever ends a booking waits for a batch that is in the trace of the reservation: their own span says where to look. */
export function traceLedger(ledger: Ledger, { tracer }: Tracing): Ledger {
  if (tracer === null) return ledger
  return {
    ...ledger,
    end(ending) {
      const parent = activeSpan()
      if (parent === undefined) return ledger.end(ending)
      const span = beginChild(tracer, parent, `end booking ${ending.to}`, {
        kind: SpanKind.INTERNAL,
        attributes: { 'floodgate.booking.id': ending.hold.bookingId },
        links: linkTo(ending.hold.traceparent),
      })
      return ended(span, ledger.end(ending))
    },
  }
}

function linkTo(text: string | null): Link[] {
  return text === null ? [] : [{ context: spanContextOf(text) }]
}

async function ended<T>(span: Span, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    markFailed(span, error)
    throw error
  } finally {
    span.end()
  }
}

/** Every message of a traced booking is sent under a span of its own, and carries that. */
export function tracePublisher(
  publisher: EventPublisher,
  { tracer }: Tracing,
  topicPrefix: string,
): EventPublisher {
  if (tracer === null) return publisher
  return {
    async publish(messages) {
      const spans: Span[] = []
      const carried = messages.map((message) => {
        if (!isSampled(message.traceparent)) return message
        const options = {
          kind: SpanKind.PRODUCER,
          attributes: sendAttributes(message, topicPrefix, messages.length),
        }
        const topic = topicPrefix + message.topic
        const span = tracer.startSpan(`send ${topic}`, options, contextOf(message.traceparent))
        spans.push(span)
        return { ...message, traceparent: textOfSpan(span) }
      })
      try {
        await publisher.publish(carried)
      } catch (error) {
        for (const span of spans) markFailed(span, error)
        throw error
      } finally {
        for (const span of spans) span.end()
      }
    },
  }
}

function sendAttributes({ topic, messageId, bookingId }: OutboxMessage, topicPrefix: string, batch: number) {
  return {
    'messaging.system': 'kafka',
    'messaging.operation.type': 'send',
    'messaging.operation.name': 'send',
    'messaging.destination.name': topicPrefix + topic,
    'messaging.message.id': messageId,
    'messaging.kafka.message.key': bookingId,
    'messaging.batch.message_count': batch,
  }
}

/** An event of a traced booking is worked on inside of a span; what is told to others carries that. */
export function traceHandler(
  handler: EventHandler,
  { tracer }: Tracing,
  { group, topic }: { group: string; topic: string },
): EventHandler {
  if (tracer === null) return handler
  return (event) => {
    if (!isSampled(event.traceparent)) return handler(event)
    const parent = contextOf(event.traceparent)
    const options = {
      kind: SpanKind.CONSUMER,
      attributes: processAttributes(event, group, topic),
      links: linkTo(event.traceparent),
    }
    return within(tracer, `process ${topic}`, options, parent, (span) =>
      handler({ ...event, traceparent: textOfSpan(span) }),
    )
  }
}

function processAttributes({ eventId, bookingId, type }: ReceivedEvent, group: string, topic: string) {
  return {
    'messaging.system': 'kafka',
    'messaging.operation.type': 'process',
    'messaging.operation.name': 'process',
    'messaging.destination.name': topic,
    'messaging.consumer.group.name': group,
    'messaging.message.id': eventId,
    'messaging.kafka.message.key': bookingId,
    'floodgate.event.type': type,
  }
}

/** A call to another service, which gets the span of the call. */
export function traceCall<Input extends { traceparent: string | null }>(
  call: (input: Input) => Promise<void>,
  { tracer }: Tracing,
  url: string,
): (input: Input) => Promise<void> {
  if (tracer === null || url === '') return call
  const { hostname, port, protocol, origin } = new URL(url)
  const attributes = {
    'http.request.method': 'POST',
    // Who knows the path of such an address may often post to it.
    'url.full': `${origin}/[redacted]`,
    'server.address': hostname,
    'server.port': Number(port || (protocol === 'https:' ? 443 : 80)),
  }
  return (input) => {
    if (activeSpan() === undefined) return call(input)
    return within(tracer, 'POST', { kind: SpanKind.CLIENT, attributes }, context.active(), (span) =>
      call({ ...input, traceparent: textOfSpan(span) }),
    )
  }
}
