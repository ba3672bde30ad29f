import { type Span, SpanKind } from '@opentelemetry/api'
import {
  ATTR_DB_OPERATION_NAME,
  ATTR_DB_STORED_PROCEDURE_NAME,
  ATTR_DB_SYSTEM_NAME,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
} from '@opentelemetry/semantic-conventions'
import type { HotHistogram } from './hot-histogram.ts'
import { textOfSpan } from './tracing/span-context.ts'
import { activeSpan, beginChild, markFailed, type Tracing } from './tracing/tracing.ts'

const ATTR_DB_OPERATION_BATCH_SIZE = 'db.operation.batch.size'
/** Ours, and on spans only: an id is never a label of a metric. */
const ATTR_BOOKING_ID = 'floodgate.booking.id'

/** One call of a script, or several that are sent together. */
export interface ScriptCall {
  script: string
  calls: number
  bookingId: string | undefined
}

/** A call whose work is traced. */
export interface TracedCall {
  /** Of the call's own span, for what the script stores. */
  context: string
  end(error: unknown): void
}

/**
 * Measures the round trips of scripts, and records those of traced work.
 *
 * @param url of the server; its host and port are told, its password is not
 */
export function makeScriptObserver(
  scripts: readonly string[],
  duration: HotHistogram<'script'>,
  { tracer }: Tracing,
  url: string,
) {
  const { hostname, port } = new URL(url)
  const about = {
    [ATTR_DB_SYSTEM_NAME]: 'redis',
    [ATTR_DB_OPERATION_NAME]: 'EVALSHA',
    [ATTR_SERVER_ADDRESS]: hostname,
    [ATTR_SERVER_PORT]: Number(port || 6379),
  }
  const durations = new Map(scripts.map((script) => [script, duration.labels(script)]))

  function trace(parent: Span, { script, calls, bookingId }: ScriptCall): TracedCall | null {
    if (tracer === null) return null
    const span = beginChild(tracer, parent, `EVALSHA ${script}`, {
      kind: SpanKind.CLIENT,
      attributes: {
        ...about,
        [ATTR_DB_STORED_PROCEDURE_NAME]: script,
        ...(calls > 1 && { [ATTR_DB_OPERATION_BATCH_SIZE]: calls }),
        ...(bookingId !== undefined && { [ATTR_BOOKING_ID]: bookingId }),
      },
    })
    return {
      context: textOfSpan(span),
      end(error) {
        if (error) markFailed(span, error)
        span.end()
      },
    }
  }

  return {
    /** null for work that is not traced: nothing was made for it. */
    begin(call: ScriptCall): TracedCall | null {
      const parent = tracer === null ? undefined : activeSpan()
      return parent === undefined ? null : trace(parent, call)
    },
    took(script: string, startMs: number): void {
      durations.get(script)?.observe((performance.now() - startMs) / 1000)
    },
  }
}

export type ScriptObserver = ReturnType<typeof makeScriptObserver>
