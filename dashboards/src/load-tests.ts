import { line, row } from './build/board.ts'
import { graph } from './build/graph.ts'
import { table } from './build/others.ts'
import { k6, max, rate, sum } from './build/promql.ts'
import { query } from './build/query.ts'
import { testIdVariable } from './build/variables.ts'

const NO_RUN = 'no k6 run writes here'
const ended = (series: string) => `max_over_time(${series}[$__range])`
const seen = `timestamp(${k6('k6_vus')})`
const first = `min by (testid) (min_over_time(${seen}[$__range:15s]))`
const last = `max by (testid) (max_over_time(${seen}[$__range:15s]))`
const requests = sum(ended(k6('k6_http_reqs_total')), 'testid')
const asExpected = sum(ended(k6('k6_http_reqs_total', 'expected_response="true"')), 'testid')

export const loadTests = {
  uid: 'floodgate-load',
  title: 'Floodgate / Load tests',
  description:
    'Runs of k6 over time. A run writes here when it is started with --out experimental-prometheus-rw and a testid: see docs/operations/dashboards.md.',
  from: 'now-6h',
  refresh: '30s',
  variables: [testIdVariable()],
  rows: [
    row(
      'Runs',
      line(
        9,
        table({
          title: 'Runs of the shown time',
          description:
            'One line a run. Latency is that of reserve as k6 saw it over the whole run; unexpected are answers that the scenario did not expect; checks is the worst check. Choose a run above to see it alone.',
          width: 24,
          unit: 'short',
          joinBy: 'testid',
          queries: [
            query(`${first} * 1000`, 'started'),
            query(`${last} - ${first}`, 'lasted'),
            query(requests, 'requests'),
            query(
              `max by (testid) (max_over_time(testid:k6_achieved:rate1m{testid=~"$testid"}[$__range]))`,
              'best minute',
            ),
            query(max(ended(k6('k6_http_req_duration_p95', 'name="reserve"')), 'testid'), 'p95'),
            query(max(ended(k6('k6_http_req_duration_p99', 'name="reserve"')), 'testid'), 'p99'),
            query(`1 - ${asExpected} / ${requests}`, 'unexpected'),
            query(sum(ended(k6('k6_dropped_iterations_total')), 'testid'), 'dropped'),
            query(`min by (testid) (last_over_time(${k6('k6_checks_rate')}[$__range]))`, 'checks'),
          ],
          columns: [
            { field: 'testid', title: 'Run' },
            { field: 'Value #A', title: 'Started', unit: 'dateTimeAsIso' },
            { field: 'Value #B', title: 'Lasted', unit: 's' },
            { field: 'Value #C', title: 'Requests', unit: 'short' },
            { field: 'Value #D', title: 'Best minute', unit: 'reqps' },
            { field: 'Value #E', title: 'p95', unit: 's' },
            { field: 'Value #F', title: 'p99', unit: 's' },
            { field: 'Value #G', title: 'Unexpected', unit: 'percentunit' },
            { field: 'Value #H', title: 'Dropped', unit: 'short' },
            { field: 'Value #I', title: 'Checks', unit: 'percentunit' },
          ],
          noValue: NO_RUN,
        }),
      ),
    ),
    row(
      'Over time',
      line(
        9,
        graph({
          title: 'Requests a second, by name',
          description: 'What k6 sent. Names are those of the requests in loadtest/k6/lib.',
          width: 8,
          unit: 'reqps',
          legend: 'right',
          queries: [query(sum(rate(k6('k6_http_reqs_total')), 'name'), '{{name}}')],
          noValue: NO_RUN,
        }),
        graph({
          title: 'p95 by name, since the run began',
          description:
            'As k6 saw it, over the run so far: it levels out, and a step up in it is a lasting change.',
          width: 8,
          unit: 's',
          legend: 'right',
          queries: [query(max(k6('k6_http_req_duration_p95'), 'name'), '{{name}}')],
          noValue: NO_RUN,
        }),
        graph({
          title: 'Users, and iterations offered, achieved, dropped',
          description:
            'Arrival-rate scenarios begin iterations whatever the service does. What has no free user is dropped: the load was not the one that was asked for.',
          width: 8,
          unit: 'reqps',
          queries: [
            query(sum(k6('testid:k6_offered:rate1m')), 'offered'),
            query(sum(k6('testid:k6_achieved:rate1m')), 'achieved'),
            query(sum(k6('testid:k6_dropped:rate1m')), 'dropped'),
            query(sum(k6('k6_vus')), 'users'),
            query(sum(k6('k6_vus_max')), 'users at most'),
          ],
          right: { names: 'users.*', unit: 'short' },
          noValue: NO_RUN,
        }),
      ),
      line(
        8,
        graph({
          title: 'Answers by status',
          description:
            'What k6 got. 0 is no answer at all: refused connections and timeouts; 503 was told to come back.',
          width: 8,
          unit: 'reqps',
          stacked: true,
          queries: [query(sum(rate(k6('k6_http_reqs_total')), 'status'), '{{status}}')],
          noValue: NO_RUN,
        }),
        graph({
          title: 'Checks that held',
          description: 'Share of each check that held, since the run began. All should be at 100 %.',
          width: 8,
          unit: 'percentunit',
          max: 1,
          legend: 'right',
          queries: [query(`min by (check) (${k6('k6_checks_rate')})`, '{{check}}')],
          noValue: NO_RUN,
        }),
        graph({
          title: 'Where k6 itself waited',
          description:
            'p99 of waiting for a free connection (blocked), of sending and receiving. Large values mean that k6 or the network is the limit, not the service.',
          width: 8,
          unit: 's',
          queries: [
            query(max(k6('k6_http_req_blocked_p99')), 'blocked'),
            query(max(k6('k6_http_req_sending_p99')), 'sending'),
            query(max(k6('k6_http_req_receiving_p99')), 'receiving'),
            query(max(k6('k6_http_req_waiting_p99')), 'waiting for the first byte'),
          ],
          noValue: NO_RUN,
        }),
      ),
      line(
        6,
        graph({
          title: 'Bytes',
          description:
            'Sent and received by k6, a second. It follows the rate; answers that grow without it are pages that got longer.',
          width: 12,
          unit: 'Bps',
          queries: [
            query(sum(rate(k6('k6_data_sent_total'))), 'sent'),
            query(sum(rate(k6('k6_data_received_total'))), 'received'),
          ],
          noValue: NO_RUN,
        }),
        graph({
          title: 'How long an iteration takes',
          description:
            'The whole way of one user through the scenario, since the run began. At a fixed rate it says how many users k6 needs.',
          width: 12,
          unit: 's',
          queries: [
            query(max(k6('k6_iteration_duration_med'), 'scenario'), 'p50 {{scenario}}'),
            query(max(k6('k6_iteration_duration_p99'), 'scenario'), 'p99 {{scenario}}'),
          ],
          noValue: NO_RUN,
        }),
      ),
    ),
  ],
}
