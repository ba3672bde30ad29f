import { line, row } from './build/board.ts'
import { graph } from './build/graph.ts'
import { diagnosticsLink } from './build/links.ts'
import { heatmap } from './build/others.ts'
import { max, of, quantile, rate, recorded, sum } from './build/promql.ts'
import { query } from './build/query.ts'
import { stat } from './build/stat.ts'

const HTTP = 'http_server_request_duration_seconds'
const requests = rate(of(`${HTTP}_count`))
const TRACES = { slowerThan: '100ms' }

/** The share of a month's budget that is left, were the last three days like the month. */
const budgetLeft = (kind: 'faults' | 'slow', allowed: number) =>
  `1 - ${max(recorded(`job:reservations_${kind}:ratio_rate3d`))} / ${allowed}`

export const service = {
  uid: 'floodgate-service',
  title: 'Floodgate / Service',
  description:
    'What callers see: rate, errors and duration of every route, and whether the objective is kept.',
  rows: [
    row(
      'Now',
      line(
        4,
        stat({
          title: 'Requests',
          description:
            'Answered a second, all routes and statuses; streams and probes aside. Refused ones count, too.',
          width: 4,
          unit: 'reqps',
          queries: [query(sum(requests), 'requests')],
          noValue: 'no requests',
        }),
        stat({
          title: 'Errors',
          description:
            'Answers with any 5xx, of all. The routes below say where; the log has a line with a trace id for each.',
          width: 4,
          unit: 'percentunit',
          decimals: 2,
          queries: [query(max(recorded('job:http_server_errors:ratio_rate1m')), 'errors')],
          limits: { warn: 0.001, bad: 0.01 },
          noValue: 'no requests',
        }),
        stat({
          title: 'p99, all routes',
          description: 'Of a hundred requests the slowest. Routes differ: see "p99 by route".',
          width: 4,
          unit: 's',
          queries: [query(quantile(0.99, HTTP), 'p99')],
          limits: { warn: 0.1, bad: 0.5 },
          noValue: 'no requests',
        }),
        stat({
          title: 'Under way',
          description:
            'Requests that were begun and not answered. Refused at SHED_MAX_IN_FLIGHT (2000) a process.',
          width: 4,
          unit: 'short',
          queries: [query(sum(of('http_server_active_requests')), 'under way')],
          limits: { warn: 500, bad: 1500 },
        }),
        stat({
          title: 'Budget left: faults',
          description:
            'Of the 0.1 % of reservations that may end in a fault in 30 days, were all of them like the last three days. Negative: the objective is missed.',
          width: 4,
          unit: 'percentunit',
          decimals: 0,
          queries: [query(budgetLeft('faults', 0.001), 'left')],
          limits: { bad: 0, warn: 0.25, below: true },
          noValue: 'no reservations',
        }),
        stat({
          title: 'Budget left: late',
          description:
            'The same for the 1 % of reservations that may take over 100 ms. Negative: the objective is missed.',
          width: 4,
          unit: 'percentunit',
          decimals: 0,
          queries: [query(budgetLeft('slow', 0.01), 'left')],
          limits: { bad: 0, warn: 0.25, below: true },
          noValue: 'no reservations',
        }),
      ),
    ),
    row(
      'Rate, errors, duration',
      line(
        9,
        graph({
          title: 'Rate by route',
          description:
            'Requests a second of each route. A route that vanished is worth as much as one that grew.',
          width: 8,
          unit: 'reqps',
          legend: 'right',
          queries: [query(sum(requests, 'method', 'route'), '{{method}} {{route}}')],
          noValue: 'no requests',
        }),
        graph({
          title: 'Errors by route',
          description:
            'Share of 5xx of each route. 503 is "come back", said by a service whose store is away or that sheds load; 500 is a defect.',
          width: 8,
          unit: 'percentunit',
          legend: 'right',
          queries: [
            query(
              max(recorded('job_method_route:http_server_errors:ratio_rate1m'), 'method', 'route'),
              '{{method}} {{route}}',
            ),
          ],
          limits: { bad: 0.01 },
          noValue: 'no requests',
        }),
        graph({
          title: 'p99 by route',
          description:
            'Dots are exemplars: each leads to its trace. Routes that read one person’s bookings go to PostgreSQL and are slower than reserve, which does not.',
          width: 8,
          unit: 's',
          legend: 'right',
          queries: [query(quantile(0.99, HTTP, ['method', 'route']), '{{method}} {{route}}')],
          traces: TRACES,
          noValue: 'no requests',
        }),
      ),
      line(
        8,
        heatmap({
          title: 'Reservations by duration',
          description:
            'Each column is a moment, each row a bucket from 1 ms to 2.5 s; the darker, the more reservations. Two bands mean two ways through the code: open a trace of each.',
          width: 12,
          unit: 's',
          queries: [
            query(
              sum(rate(of(`${HTTP}_bucket`, 'method="POST"', 'route="/api/v1/bookings/reserve"')), 'le'),
              '{{le}}',
            ),
          ],
          slowerThan: TRACES.slowerThan,
          noValue: 'no reservations',
        }),
        graph({
          title: 'Answers by status',
          description:
            '2xx done; 4xx the caller’s: 409 sold out or over the limit, 429 too often; 5xx ours. Many 401 or 400 after a release: a client that does not fit any more.',
          width: 12,
          unit: 'reqps',
          stacked: true,
          queries: [query(sum(requests, 'status'), '{{status}}')],
          noValue: 'no requests',
        }),
      ),
    ),
    row(
      'The objective',
      line(
        8,
        graph({
          title: 'How fast the budget of faults burns',
          description:
            'Share of reservations that end in a fault, divided by the 0.1 % that is allowed: at 1 the budget lasts 30 days, at 14.4 two days. The alerts compare the long and the short window of each pair.',
          width: 8,
          unit: 'short',
          queries: ['5m', '1h', '6h', '3d'].map((window) =>
            query(`${max(recorded(`job:reservations_faults:ratio_rate${window}`))} / 0.001`, window),
          ),
          limits: { warn: 6, bad: 14.4 },
          noValue: 'no reservations',
        }),
        graph({
          title: 'How fast the budget of late answers burns',
          description:
            'The same for reservations over 100 ms, of which 1 % is allowed: at 1 the budget lasts 30 days.',
          width: 8,
          unit: 'short',
          queries: ['5m', '1h', '6h', '3d'].map((window) =>
            query(`${max(recorded(`job:reservations_slow:ratio_rate${window}`))} / 0.01`, window),
          ),
          limits: { warn: 6, bad: 14.4 },
          noValue: 'no reservations',
        }),
        graph({
          title: 'Where the time of a reservation goes',
          description:
            'p99 of each step of a use case. The one that grows with the whole is the one to look at; steps that are not measured are the event loop.',
          width: 8,
          unit: 's',
          queries: [query(quantile(0.99, 'booking_step_duration_seconds', ['step']), '{{step}}')],
          traces: TRACES,
          links: [diagnosticsLink('CPU profile, 10 s', '/debug/pprof/profile?seconds=10&format=html')],
        }),
      ),
    ),
    row(
      'Under pressure',
      line(
        8,
        graph({
          title: 'Under way, by process',
          description:
            'Requests begun and not answered. A process that holds many more than the others is blocked or has a slow store.',
          width: 8,
          unit: 'short',
          queries: [query(sum(of('http_server_active_requests'), 'instance'), '{{instance}}')],
          links: [diagnosticsLink('What is in flight', '/debug/pprof/goroutine?debug=1')],
        }),
        graph({
          title: 'Shed, by reason',
          description:
            'Refused before any work: event_loop (late), in_flight (too many under way), backlog (PostgreSQL is behind), pipeline (too many on one connection). All with Retry-After.',
          width: 8,
          unit: 'reqps',
          stacked: true,
          queries: [query(sum(rate(of('http_shed_total')), 'reason'), '{{reason}}')],
        }),
        graph({
          title: 'Slow and failed requests',
          description:
            'Over a second, or 5xx: each has a line in the log with its trace id. "sampled" tells whether the trace was kept, too.',
          width: 8,
          unit: 'reqps',
          queries: [
            query(
              sum(rate(of('http_remarkable_requests_total')), 'reason', 'sampled'),
              '{{reason}}, sampled {{sampled}}',
            ),
          ],
          links: [diagnosticsLink('Flight record, 2 min', '/debug/flight?seconds=120')],
        }),
      ),
    ),
  ],
}
