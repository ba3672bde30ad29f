import { SpanKind } from '@opentelemetry/api'
import {
  ATTR_DB_NAMESPACE,
  ATTR_DB_QUERY_SUMMARY,
  ATTR_DB_QUERY_TEXT,
  ATTR_DB_SYSTEM_NAME,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  DB_SYSTEM_NAME_VALUE_POSTGRESQL,
} from '@opentelemetry/semantic-conventions'
import type { Histogram } from 'prom-client'
import { activeSpan, beginChild, markFailed, type Tracing } from './tracing/tracing.ts'

/** Names of statements are constants of the code; should one ever be made of data, its series end here, and what is kept of it. */
export const MAX_QUERIES = 200

/**
 * Measures what a pool does, and records the statements of traced work. Their texts have no values in them: these are parameters.
 *
 * @param url of the database; its host, port and name are told, its password is not
 */
export function makePostgresObserver(
  metrics: { pgAcquire: Histogram; pgQuery: Histogram<'query'> },
  { tracer }: Tracing,
  url: string,
) {
  const { hostname, port, pathname } = new URL(url)
  const about = {
    [ATTR_DB_SYSTEM_NAME]: DB_SYSTEM_NAME_VALUE_POSTGRESQL,
    [ATTR_DB_NAMESPACE]: pathname.slice(1),
    [ATTR_SERVER_ADDRESS]: hostname,
    [ATTR_SERVER_PORT]: Number(port || 5432),
  }
  const durations = new Map<string, Histogram.Internal<'query'>>()
  const others = metrics.pgQuery.labels('other')

  function durationOf(query: string): Histogram.Internal<'query'> {
    const known = durations.get(query)
    if (known) return known
    if (durations.size >= MAX_QUERIES) return others
    const made = metrics.pgQuery.labels(query)
    durations.set(query, made)
    return made
  }

  function beginSpan(query: string, text: string) {
    const parent = tracer === null ? undefined : activeSpan()
    if (tracer === null || parent === undefined) return null
    const attributes = { ...about, [ATTR_DB_QUERY_SUMMARY]: query, [ATTR_DB_QUERY_TEXT]: text }
    return beginChild(tracer, parent, query, { kind: SpanKind.CLIENT, attributes })
  }

  return {
    acquiring() {
      const startMs = performance.now()
      return () => metrics.pgAcquire.observe((performance.now() - startMs) / 1000)
    },
    querying(query: string, text: string) {
      const span = beginSpan(query, text)
      const startMs = performance.now()
      return (error: unknown) => {
        durationOf(query).observe((performance.now() - startMs) / 1000)
        if (span === null) return
        if (error) markFailed(span, error)
        span.end()
      }
    },
  }
}
