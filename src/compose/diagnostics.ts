import type { Settings } from '../config.ts'
import {
  type Diagnostics,
  familiesOfRegistry,
  joinDiagnostics,
  type ProcessOptions,
  startDiagnostics,
} from '../diagnostics/index.ts'
import { withExemplars } from '../telemetry/exemplars.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Part } from '../workers/loop.ts'
import type { ServiceLog } from './service-log.ts'

/** The diagnostics port, in the process that has it. */
export function diagnosticsPart(
  config: Settings,
  metrics: Metrics,
  log: ServiceLog,
): Part & { address(): string | null } {
  let running: Diagnostics | null = null
  const host = config.DIAGNOSTICS_HOST
  return {
    name: 'diagnostics',
    address: () => (running ? `http://${host}:${running.port}` : null),
    async start() {
      running = await startDiagnostics({
        ...processOptions(config, metrics, log),
        host,
        // With any free port for the API there is no fixed one a thousand above it.
        port: config.DIAGNOSTICS_PORT ?? (config.PORT === 0 ? 0 : config.PORT + 1000),
        token: config.DIAGNOSTICS_TOKEN,
      })
    },
    stop: async () => {
      await running?.stop()
    },
  }
}

/** One of several processes: the one that has the port asks it. */
export function joinedDiagnostics(config: Settings, metrics: Metrics, log: ServiceLog): Part {
  let joined: ReturnType<typeof joinDiagnostics> | null = null
  return {
    name: 'diagnostics',
    start() {
      joined = joinDiagnostics(processOptions(config, metrics, log))
    },
    stop: async () => {
      await joined?.stop()
    },
  }
}

function processOptions(config: Settings, metrics: Metrics, log: ServiceLog): ProcessOptions {
  return {
    metrics: async () => withExemplars(await familiesOfRegistry(metrics.registry), metrics.exemplars),
    sections: { configuration: () => config },
    log,
    logLevel: {
      get: () => log.level,
      set(level) {
        log.level = level
      },
    },
  }
}
