import { context, propagation, type Tracer, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { AlwaysOnSampler, ConsoleSpanExporter } from '@opentelemetry/sdk-trace'
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions'
import { makeBoundedExport } from './bounded-export.ts'
import type { TracingObserver, TracingSettings } from './start-tracing.ts'

/**
 * The SDK with traces alone: metrics are prom-client's and logs are pino's. Every span that is started was chosen before, so the
 * SDK samples no more.
 */
export function openSdk(
  settings: TracingSettings,
  observer: TracingObserver,
): { tracer: Tracer; shutdown: () => Promise<void> } {
  const exporter =
    settings.exporter === 'console'
      ? new ConsoleSpanExporter()
      : new OTLPTraceExporter({
          timeoutMillis: settings.limits.timeoutMs,
          ...(settings.url !== null && { url: settings.url }),
        })
  const sdk = new NodeSDK({
    sampler: new AlwaysOnSampler(),
    spanProcessors: [makeBoundedExport(exporter, settings.limits, observer)],
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [],
    resource: resourceFromAttributes({
      [ATTR_SERVICE_NAME]: settings.serviceName,
      [ATTR_SERVICE_VERSION]: settings.serviceVersion,
      ...settings.attributes,
    }),
  })
  sdk.start()
  return {
    tracer: trace.getTracer(settings.serviceName, settings.serviceVersion),
    async shutdown() {
      // First, because a collector that is away makes the rest fail: another service in this process may begin anew.
      trace.disable()
      context.disable()
      propagation.disable()
      await sdk.shutdown()
    },
  }
}
