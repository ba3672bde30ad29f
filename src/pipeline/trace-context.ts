/**
 * A W3C trace context as one line of text, so that it fits where a reservation goes: a field of a stream entry, a column of a row. It is
 * the traceparent, and after a space the tracestate, where there is one. https://www.w3.org/TR/trace-context/
 */
export type TraceContext = string

/**
 * https://www.w3.org/TR/trace-context/#traceparent-header: all zeros are not an id, and a version after 00 may say more behind what
 * version 00 says; ff is none.
 */
const format = /^(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2})(-[\x21-\x7e]*)?$/
const VERSION_00_CHARACTERS = 55
const TRACEPARENT_MAX_CHARACTERS = 256
/** https://www.w3.org/TR/trace-context/#tracestate-limits: what is longer may be left out as a whole. */
const TRACESTATE_MAX_CHARACTERS = 512
const tracestateFormat = /^[\x20-\x7e]+$/

/**
 * The sender's trace context, or null when there is none that is valid: a broken one is ignored, as the standard asks, and a broken
 * tracestate does not break its traceparent.
 *
 * @param traceparent,tracestate the header fields, of HTTP or of Kafka
 */
export function traceContextOf(traceparent: unknown, tracestate: unknown): TraceContext | null {
  const parent = canonical(traceparent)
  if (parent === null) return null
  if (typeof tracestate !== 'string' || tracestate.length > TRACESTATE_MAX_CHARACTERS) return parent
  const state = tracestate.trim()
  return tracestateFormat.test(state) ? `${parent} ${state}` : parent
}

/** As version 00 writes it, with the flags that version 00 knows. */
function canonical(traceparent: unknown): TraceContext | null {
  if (typeof traceparent !== 'string' || traceparent.length > TRACEPARENT_MAX_CHARACTERS) return null
  const match = format.exec(traceparent)
  if (!match) return null
  const isVersion00 = traceparent.startsWith('00')
  if (isVersion00 && traceparent.length !== VERSION_00_CHARACTERS) return null
  return isVersion00 ? traceparent : `00-${match[1]}`
}

/** The id of the trace that a context belongs to: 32 hex digits. */
export function traceIdOf(context: TraceContext): string {
  return context.slice(3, 35)
}

/** The header fields that carry a trace context to another service; none where there is no context. */
export function traceHeadersOf(context: TraceContext | null): { traceparent?: string; tracestate?: string } {
  if (context === null) return {}
  const space = context.indexOf(' ')
  if (space === -1) return { traceparent: context }
  return { traceparent: context.slice(0, space), tracestate: context.slice(space + 1) }
}

/** The last digit before the end of the traceparent carries the sampled flag as its lowest bit; hex digits keep it in theirs. */
const LAST_FLAG = 54

/** Whether somebody records this trace. */
export function isSampled(context: TraceContext | null): context is TraceContext {
  if (context === null) return false
  const digit = context.charCodeAt(LAST_FLAG)
  // '0' … '9' are 0x30 … 0x39; 'a' … 'f' are 0x61 … 0x66, where odd letters stand for even digits.
  return digit < 0x3a ? (digit & 1) === 1 : (digit & 1) === 0
}

/** The same context for those behind who should not record it. */
export function withoutSampling(context: TraceContext): TraceContext {
  return `${context.slice(0, LAST_FLAG - 1)}00${context.slice(LAST_FLAG + 1)}`
}
