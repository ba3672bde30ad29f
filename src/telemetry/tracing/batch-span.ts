import type { Span, Tracer } from '@opentelemetry/api'
import { contextOf, spanContextOf } from './span-context.ts'
import type { SpanOptions } from './tracing.ts'

/** What the SDK keeps of links by default; more would only be counted. */
const MAX_LINKS = 128

/**
 * One span for work that is done for many at a time. It belongs to the trace of the first, so that this trace is whole, and links to
 * all of them: https://opentelemetry.io/docs/concepts/signals/traces/#span-links
 *
 * @param contexts of those that are traced, the oldest first; at least one
 */
export function beginBatchSpan(
  tracer: Tracer,
  name: string,
  options: Omit<SpanOptions, 'links'>,
  contexts: readonly [string, ...string[]],
): Span {
  const links = contexts.slice(0, MAX_LINKS).map((text) => ({ context: spanContextOf(text) }))
  return tracer.startSpan(name, { ...options, links }, contextOf(contexts[0]))
}
