import { Counter, type Registry } from 'prom-client'

/** What watching the service costs it: what was left out, and why. */
export function makeSelfMetrics(registers: Registry[]) {
  return {
    droppedSpans: new Counter({
      name: 'telemetry_dropped_spans_total',
      help: 'Spans that nobody will see, by reason',
      labelNames: ['reason'] as const,
      registers,
    }),
    exportedSpans: new Counter({
      name: 'telemetry_exported_spans_total',
      help: 'Spans that the collector has taken',
      registers,
    }),
    tracesOverBudget: new Counter({
      name: 'telemetry_traces_over_budget_total',
      help: 'Requests that were to be traced in a second that had its share of them',
      registers,
    }),
    suppressedLines: new Counter({
      name: 'log_suppressed_lines_total',
      help: 'Lines of slow or failed requests beyond a hundred a second',
      registers,
    }),
    droppedLines: new Counter({
      name: 'log_dropped_lines_total',
      help: 'Lines that were lost because whoever reads the log was too slow',
      registers,
    }),
    workerErrors: new Counter({
      name: 'worker_errors_total',
      help: 'Steps of background work that failed and were tried again',
      labelNames: ['worker'] as const,
      registers,
    }),
  }
}
