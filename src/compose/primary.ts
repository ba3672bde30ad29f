import type { Service } from '../compose.ts'
import type { Settings } from '../config.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { diagnosticsPart } from './diagnostics.ts'
import type { ServiceLog } from './service-log.ts'

/** What the primary of several processes runs itself: it serves no request and opens no store. */
export function composePrimary(
  config: Settings,
  metrics: Metrics,
  log: ServiceLog,
): Pick<Service, 'parts'> & { diagnosticsAddress(): string | null } {
  const diagnostics = diagnosticsPart(config, metrics, log)
  return { parts: [diagnostics], diagnosticsAddress: diagnostics.address }
}
