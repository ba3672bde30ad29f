import { line, type Row, row } from './build/board.ts'
import { graph } from './build/graph.ts'
import { diagnosticsLink } from './build/links.ts'
import { max, of, rate, sum } from './build/promql.ts'
import { query } from './build/query.ts'

/** Telemetry and diagnostics, seen by themselves. */
export function watching(): Row {
  return row(
    'What watching costs, and loses',
    line(
      7,
      graph({
        title: 'Spans',
        description:
          'Sent to the collector and dropped, a second, by reason. Dropped spans touch no request.',
        width: 6,
        unit: 'ops',
        queries: [
          query(sum(rate(of('telemetry_exported_spans_total'))), 'exported'),
          query(sum(rate(of('telemetry_dropped_spans_total')), 'reason'), 'dropped, {{reason}}'),
          query(sum(rate(of('telemetry_traces_over_budget_total'))), 'requests over the budget'),
        ],
      }),
      graph({
        title: 'Log lines held back',
        description:
          'Lines of slow or failed requests beyond what a second may have, counted rather than written; and lines that were lost because whoever reads the log was too slow.',
        width: 6,
        unit: 'ops',
        queries: [
          query(sum(rate(of('log_suppressed_lines_total'))), 'held back'),
          query(sum(rate(of('log_dropped_lines_total'))), 'lost'),
        ],
      }),
      graph({
        title: 'Diagnostics: requests and captures',
        description:
          'What was asked of the diagnostics port, by status, and the captures it made, by kind and outcome.',
        width: 6,
        unit: 'ops',
        legend: 'right',
        queries: [
          query(sum(rate(of('diagnostics_requests_total')), 'status'), 'requests {{status}}'),
          query(sum(rate(of('diagnostics_captures_total')), 'kind', 'outcome'), '{{kind}} {{outcome}}'),
        ],
      }),
      graph({
        title: 'Diagnostics: sampling rate and age of metrics',
        description:
          'How often the profiler looks (halved when it costs too much), and how old the metrics are: they age only while the main thread is blocked.',
        width: 6,
        unit: 'hertz',
        queries: [
          query(of('diagnostics_sampling_rate_hertz'), 'sampling {{instance}} {{worker}}'),
          query(max(of('diagnostics_snapshot_age_seconds'), 'instance'), 'age {{instance}}'),
        ],
        right: { names: 'age .*', unit: 's' },
        links: [diagnosticsLink('Stack now', '/debug/stacks')],
      }),
    ),
    line(
      6,
      graph({
        title: 'What captures and windows cost',
        description:
          'Seconds a second that captures took, by kind, and that the main threads spent on turning a window of samples over. The latter is the whole cost of watching all the time that a request can feel.',
        width: 12,
        unit: 's',
        queries: [
          query(sum(rate(of('diagnostics_capture_seconds_total')), 'kind'), 'captures, {{kind}}'),
          query(sum(rate(of('diagnostics_window_stall_seconds_total'))), 'turning over'),
        ],
      }),
      graph({
        title: 'Windows turned over, and samplers started again',
        description:
          'Windows of CPU samples a minute, which should be two to four for each process, and how often V8’s sampling thread was found spinning since the processes started.',
        width: 12,
        unit: 'short',
        queries: [
          query(`60 * ${sum(rate(of('diagnostics_window_rotations_total')))}`, 'windows/min'),
          query(sum(of('diagnostics_sampler_stuck_total')), 'started again'),
        ],
      }),
    ),
  )
}
