/**
 * Node's counterpart of Go's net/http/pprof, for any service: profiles, metrics, health and log level on a port of their own, served by a
 * thread of their own, so also while the service is blocked. It costs next to nothing while nobody asks.
 */

export { noteRequest } from './flight/slowest.ts'
export { track } from './in-flight.ts'
export { joinDiagnostics } from './join.ts'
export { type Labels, setLabels, withLabels } from './labels.ts'
export type { Exemplar, Merge, MetricFamily, MetricSample } from './metrics/family.ts'
export { familiesOfRegistry, type MetricsRegistry } from './metrics/registry.ts'
export type {
  Diagnostics,
  DiagnosticsLog,
  DiagnosticsOptions,
  LiveChart,
  ProcessOptions,
  ScopedTokens,
} from './options.ts'
export { asking, countStatements, explainRepeats, statement, statementRepeats } from './repeats.ts'
export { defaultRules, type Rule } from './rules/rule.ts'
export { startDiagnostics } from './start.ts'
export { trackRequests } from './track-requests.ts'
export { wait, waited } from './waits.ts'
