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
        ],
      }),
      graph({
        title: 'Log lines held back',
        description: 'Lines that were counted rather than written, because too many came at a time.',
        width: 6,
        unit: 'ops',
        queries: [query(sum(rate(of('log_suppressed_lines_total'))), 'held back')],
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
  )
}
