import { readFileSync } from 'node:fs'
import type { Settings } from '../config.ts'
import { Unavailable } from '../pipeline/unavailable.ts'
import type { Role } from '../roles.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { samplingRule } from '../telemetry/tracing/sampler.ts'
import { startTracing } from '../telemetry/tracing/start-tracing.ts'
import type { Tracing } from '../telemetry/tracing/tracing.ts'
import { makeErrorReporter, type ServiceLog } from './service-log.ts'

/** What is left to send when the service stops is sent in this time, or lost. */
const STOP_TIMEOUT_MS = 3000

/** Made once: a stack for each span that is lost would cost more than the span. */
const lost = {
  queue_full: new Unavailable('the collector (it is too slow: spans are dropped)'),
  export_failed: new Unavailable('the collector (spans are dropped)'),
}

/** Starts what records traces, as the settings say. */
export function openTracing(
  config: Settings,
  role: Role,
  metrics: Metrics,
  log: ServiceLog,
): Promise<Tracing> {
  const report = makeErrorReporter(log, (worker) => metrics.workerErrors.inc({ worker }))
  const ratio = config.OTEL_TRACES_SAMPLER_ARG ?? config.TRACES_SAMPLE_RATIO
  return startTracing(
    {
      exporter: exporterOf(config),
      url: endpointOf(config),
      serviceName: config.OTEL_SERVICE_NAME,
      serviceVersion: version(),
      attributes: { 'floodgate.role': role },
      sampling: samplingRule(config.OTEL_TRACES_SAMPLER, ratio, config.TRACES_MAX_PER_SECOND),
      limits: {
        queueMaxSpans: config.OTEL_BSP_MAX_QUEUE_SIZE,
        batchMaxSpans: config.OTEL_BSP_MAX_EXPORT_BATCH_SIZE,
        delayMs: config.OTEL_BSP_SCHEDULE_DELAY,
        timeoutMs: config.OTEL_BSP_EXPORT_TIMEOUT,
      },
      stopTimeoutMs: STOP_TIMEOUT_MS,
    },
    {
      exported: (spans) => metrics.exportedSpans.inc(spans),
      dropped(reason, spans) {
        metrics.droppedSpans.inc({ reason }, spans)
        report('trace-export', lost[reason])
      },
      overBudget: () => metrics.tracesOverBudget.inc(),
    },
  )
}

function exporterOf(config: Settings): 'otlp' | 'console' | 'none' {
  if (config.OTEL_SDK_DISABLED) return 'none'
  const named = config.OTEL_TRACES_EXPORTER
  if (named === 'otlp' || named === 'console' || named === 'none') return named
  return config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || config.OTEL_EXPORTER_OTLP_ENDPOINT ? 'otlp' : 'none'
}

/** null: where the SDK's own default says. */
function endpointOf(config: Settings): string | null {
  if (config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) return config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT
  const base = config.OTEL_EXPORTER_OTLP_ENDPOINT
  return base ? `${base.replace(/\/$/, '')}/v1/traces` : null
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
