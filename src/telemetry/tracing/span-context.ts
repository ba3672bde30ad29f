import {
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  trace,
} from '@opentelemetry/api'

/** `traceparent`, and after a space `tracestate`: the form that entries, rows and headers carry. */
export function textOfSpan(span: Span): string {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext()
  const parent = `00-${traceId}-${spanId}-${traceFlags === 1 ? '01' : '00'}`
  const state = traceState?.serialize()
  return state ? `${parent} ${state}` : parent
}

/** Reads such a text, which was checked when it came in. */
export function spanContextOf(text: string): SpanContext {
  return {
    traceId: text.slice(3, 35),
    spanId: text.slice(36, 52),
    traceFlags: Number.parseInt(text.slice(53, 55), 16) & 1,
    isRemote: true,
    ...(text.length > 55 && { traceState: createTraceState(text.slice(56)) }),
  }
}

/** A context whose spans continue what the text names. */
export function contextOf(text: string): Context {
  return trace.setSpanContext(ROOT_CONTEXT, spanContextOf(text))
}
