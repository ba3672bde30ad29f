import type { Context } from '@opentelemetry/api'
import type { ReadableSpan, Span, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace'

export interface ExportObserver {
  /** Spans that nobody will ever see: the queue was full, or the collector did not take them. */
  dropped(reason: 'queue_full' | 'export_failed', spans: number): void
  exported(spans: number): void
}

export interface ExportLimits {
  /** Ended spans that wait for the collector. */
  queueMaxSpans: number
  batchMaxSpans: number
  delayMs: number
  /** Of one post with its retries. */
  timeoutMs: number
}

/** `ExportResultCode.SUCCESS` of @opentelemetry/core. */
const SUCCESS = 0

/**
 * The SDK's batch processor, with what it loses counted. It keeps no more than `queueMaxSpans`, and has one batch more under way; a
 * collector that is away or slow costs spans, never memory and never an answer.
 */
export function makeBoundedExport(
  exporter: SpanExporter,
  limits: ExportLimits,
  observer: ExportObserver,
): SpanProcessor {
  let waiting = 0
  const counted: SpanExporter = {
    export(spans, done) {
      waiting -= spans.length
      exporter.export(spans, (result) => {
        if (result.code === SUCCESS) observer.exported(spans.length)
        else observer.dropped('export_failed', spans.length)
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  }
  const batches = new BatchSpanProcessor({
    exporter: counted,
    maxQueueSize: limits.queueMaxSpans,
    maxExportBatchSize: Math.min(limits.batchMaxSpans, limits.queueMaxSpans),
    scheduledDelayMillis: limits.delayMs,
    // The exporter keeps the time, and says what it lost; this is for one that does neither.
    exportTimeoutMillis: limits.timeoutMs + 1000,
  })
  let stopped = false
  return {
    onStart(_span: Span, _parent: Context): void {},
    onEnd(span: ReadableSpan): void {
      if (stopped) return
      if (waiting >= limits.queueMaxSpans) {
        observer.dropped('queue_full', 1)
        return
      }
      waiting++
      batches.onEnd(span)
    },
    forceFlush: () => batches.forceFlush(),
    shutdown: () => {
      stopped = true
      return batches.shutdown()
    },
  }
}
