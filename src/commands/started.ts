import type { Logger } from 'pino'
import { composeService } from '../compose.ts'
import type { Settings } from '../config.ts'
import { startParts } from '../lifecycle.ts'
import type { Role } from '../roles.ts'
import type { Metrics } from '../telemetry/metrics.ts'

/** A service that runs, whatever it takes. */
export interface Started {
  addresses: { api: string | null; diagnostics: string | null }
  /** What runs, in words, when it is more than this process. */
  processes: string | null
  /** A signal that does not stop it; null: it has no use for one. */
  onHangUp: (() => void) | null
  stop(withinMs: number): Promise<void>
}

/** Runs a role in this process. */
export async function startAlone(
  config: Settings,
  role: Role,
  metrics: Metrics,
  log: Logger,
): Promise<Started> {
  const service = await composeService(config, role, metrics, log)
  const running = await startParts(service.parts, log)
  return { addresses: service.addresses(), processes: null, onHangUp: null, stop: running.stop }
}
