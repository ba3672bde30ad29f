import { join } from 'node:path'
import type { Settings } from '../config.ts'
import {
  type Diagnostics,
  defaultRules,
  familiesOfRegistry,
  joinDiagnostics,
  type ProcessOptions,
  type Rule,
  startDiagnostics,
} from '../diagnostics/index.ts'
import { withExemplars } from '../telemetry/exemplars.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { collectRuntime } from '../telemetry/runtime/collect.ts'
import type { Part } from '../workers/loop.ts'
import type { ServiceLog } from './service-log.ts'
import { shownConfiguration } from './shown-configuration.ts'

/** Numbers that are read each second. */
export type Gauges = Readonly<Record<string, () => number>>
/** Sentences about some of them. */
export type Explanations = Readonly<Record<string, () => string>>

/** What a process tells of itself, and does when it is asked to, beside what every process can. */
export interface Own {
  gauges?: Gauges
  explain?: Explanations
  drain?: ProcessOptions['drain']
}

/** The library's own, and those of this service: people wait for PostgreSQL, it is far behind, something is opened and never closed, a request asks
 * again and again, or everybody wants one zone. */
const rules: readonly Rule[] = [
  ...defaultRules,
  {
    name: 'pool-wait',
    metric: 'pg_waiting',
    above: 20,
    forSeconds: 5,
    coolDownSeconds: 300,
    maxPerHour: 4,
    watch: 'waits',
  },
  {
    name: 'open-resources',
    metric: 'open_resources',
    above: 20_000,
    forSeconds: 5,
    coolDownSeconds: 900,
    maxPerHour: 2,
    watch: 'resources',
  },
  // One for each item where one for all would do. No request of ours sends the same statement so often.
  {
    name: 'n-plus-one',
    metric: 'statement_repeats',
    above: 10,
    forSeconds: 5,
    coolDownSeconds: 300,
    maxPerHour: 4,
  },
  {
    name: 'hot-zone',
    metric: 'hot_zone_percent',
    above: 80,
    forSeconds: 10,
    coolDownSeconds: 900,
    maxPerHour: 2,
  },
  {
    name: 'backlog',
    metric: 'wal_entries',
    above: 50_000,
    forSeconds: 10,
    coolDownSeconds: 300,
    maxPerHour: 4,
  },
]

/** The diagnostics port, in the process that has it; what the process is made of is measured with it. */
export function diagnosticsPart(
  config: Settings,
  metrics: Metrics,
  log: ServiceLog,
  own: Own = {},
): Part & { address(): string | null } {
  let running: Diagnostics | null = null
  let stopRuntime = () => {}
  const host = config.DIAGNOSTICS_HOST
  return {
    name: 'diagnostics',
    address: () => (running ? `http://${host}:${running.port}` : null),
    async start() {
      stopRuntime = collectRuntime(metrics)
      running = await startDiagnostics({
        ...processOptions(config, metrics, log, own),
        host,
        // With any free port for the API there is no fixed one a thousand above it.
        port: config.DIAGNOSTICS_PORT ?? (config.PORT === 0 ? 0 : config.PORT + 1000),
        // Each opens its scope and those below it: metrics < profile < heap.
        token: {
          metrics: config.DIAGNOSTICS_METRICS_TOKEN,
          profile: config.DIAGNOSTICS_PROFILE_TOKEN,
          heap: config.DIAGNOSTICS_TOKEN,
        },
        artifactsDir: config.DIAGNOSTICS_DIR || join(config.DATA_DIR, 'diagnostics'),
        // Rules look at what is recorded.
        ...(config.CONTINUOUS_PROFILING ? { rules } : { rules: [] }),
      })
    },
    stop: async () => {
      await running?.stop()
      stopRuntime()
    },
  }
}

/** One of several processes: the one that has the port asks it. */
export function joinedDiagnostics(config: Settings, metrics: Metrics, log: ServiceLog, own: Own): Part {
  let joined: ReturnType<typeof joinDiagnostics> | null = null
  let stopRuntime = () => {}
  return {
    name: 'diagnostics',
    start() {
      stopRuntime = collectRuntime(metrics)
      joined = joinDiagnostics(processOptions(config, metrics, log, own))
    },
    stop: async () => {
      await joined?.stop()
      stopRuntime()
    },
  }
}

function processOptions(config: Settings, metrics: Metrics, log: ServiceLog, own: Own): ProcessOptions {
  return {
    continuous: config.CONTINUOUS_PROFILING,
    heapSampling: config.HEAP_SAMPLING,
    ...own,
    metrics: async () => withExemplars(await familiesOfRegistry(metrics.registry), metrics.exemplars),
    sections: { configuration: () => shownConfiguration(config) },
    log,
    logLevel: {
      get: () => log.level,
      set(level) {
        log.level = level
      },
    },
  }
}
