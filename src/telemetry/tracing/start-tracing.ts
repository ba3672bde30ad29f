import type { ExportLimits, ExportObserver } from './bounded-export.ts'
import { makeSample, type SamplingRule } from './sampler.ts'
import { type Tracing, untraced } from './tracing.ts'

export interface TracingSettings {
  /** `none`: contexts are handed on, nothing is recorded. */
  exporter: 'otlp' | 'console' | 'none'
  /** Where `otlp` posts to; null: the standard variables, or the standard's own default. */
  url: string | null
  serviceName: string
  serviceVersion: string
  /** What tells this process from its sisters. */
  attributes: Readonly<Record<string, string>>
  sampling: SamplingRule
  limits: ExportLimits
  stopTimeoutMs: number
}

export interface TracingObserver extends ExportObserver {
  /** A request was chosen, and the second was full. */
  overBudget(): void
}

/**
 * Starts OpenTelemetry's SDK. Headers, compression and timeouts come from its standard variables (OTEL_EXPORTER_OTLP_*), which it reads
 * itself. The SDK is loaded only where something is exported: it is larger than the rest of the service.
 */
export async function startTracing(settings: TracingSettings, observer: TracingObserver): Promise<Tracing> {
  if (settings.exporter === 'none') return untraced
  const { openSdk } = await import('./sdk.ts')
  const { tracer, shutdown } = openSdk(settings, observer)
  return {
    tracer,
    sample: makeSample(settings.sampling, observer.overBudget),
    async stop() {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, settings.stopTimeoutMs)
      })
      // A collector that is away has been counted; it does not keep the process.
      await Promise.race([shutdown().catch(() => {}), late])
      clearTimeout(timer)
    },
  }
}
