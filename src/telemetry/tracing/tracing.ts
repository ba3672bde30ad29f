/**
 * Traces, as the seams of the service see them. A request that was not chosen when it came in has no context, and nothing here makes
 * anything for it: every wrapper asks for the active span first, and without one calls straight through.
 */
import {
  type Attributes,
  type Context,
  context,
  createContextKey,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { Sample } from './sampler.ts'

export interface Tracing {
  /** null: nothing is recorded, only handed on. */
  readonly tracer: Tracer | null
  readonly sample: Sample
  /** Sends what is left, within its own deadline. */
  stop(): Promise<void>
}

/** For processes that record nothing: no exporter is configured, or a test does not look. */
export const untraced: Tracing = { tracer: null, sample: () => false, stop: async () => {} }

export interface SpanOptions {
  kind: SpanKind
  attributes: Attributes
  links?: Link[]
}

/** A span that begins when it is known whose work it is: what runs inside joins it from then on. */
export interface LateSpan {
  span: Span | null
}

const LATE_SPAN = createContextKey('floodgate.late_span')

/** Does work of which it shows later whether, and in whose trace, it is recorded. */
export function withLateSpan<T>(late: LateSpan, work: () => T): T {
  return context.with(ROOT_CONTEXT.setValue(LATE_SPAN, late), work)
}

/** The span that whoever calls is inside of. */
export function activeSpan(): Span | undefined {
  const current = context.active()
  // Most work is nobody's: the root context holds nothing.
  if (current === ROOT_CONTEXT) return undefined
  return trace.getSpan(current) ?? (current.getValue(LATE_SPAN) as LateSpan | undefined)?.span ?? undefined
}

/** Begins a span under the one that whoever calls is inside of, for work that says itself when it is over. */
export function beginChild(tracer: Tracer, parent: Span, name: string, options: SpanOptions): Span {
  return tracer.startSpan(name, options, trace.setSpan(ROOT_CONTEXT, parent))
}

/** Begins a span and gives the context inside of it. */
export function beginSpan(
  tracer: Tracer,
  name: string,
  options: SpanOptions,
  parent: Context,
): { span: Span; inside: Context } {
  const span = tracer.startSpan(name, options, parent)
  return { span, inside: trace.setSpan(parent, span) }
}

/** Does the work inside of a span, which ends with it; a failure is the span's too. */
export async function within<T>(
  tracer: Tracer,
  name: string,
  options: SpanOptions,
  parent: Context,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const { span, inside } = beginSpan(tracer, name, options, parent)
  try {
    return await context.with(inside, () => work(span))
  } catch (error) {
    markFailed(span, error)
    throw error
  } finally {
    span.end()
  }
}

/** What went wrong is its class: messages may hold what belongs to a person. */
export function markFailed(span: Span, error: unknown): void {
  const type = error instanceof Error ? error.name : typeof error
  span.setAttribute('error.type', type)
  span.setStatus({ code: SpanStatusCode.ERROR, message: type })
}
