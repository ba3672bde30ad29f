// Version 00 of https://www.w3.org/TR/trace-context/#traceparent-header; all zeros are not an id.
const format = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/**
 * The caller's trace context, or null when there is none that is valid: a broken one is ignored, as the standard
 * asks.
 */
export function traceparentOf(header: string | string[] | undefined): string | null {
  return typeof header === 'string' && header.length === 55 && format.test(header) ? header : null
}
