import { line, row } from './build/board.ts'
import { graph } from './build/graph.ts'
import { k6, max, quantile, recorded, sum } from './build/promql.ts'
import { query } from './build/query.ts'
import { stat } from './build/stat.ts'
import { targetVariable, testIdVariable } from './build/variables.ts'
import { sideBySide } from './side-by-side.ts'

/** The gate's limits: see docs/operations/objectives.md. */
const P95_SECONDS = 0.05
const P99_SECONDS = 0.1
const MAX_ERRORS = 0.001
/** Of the target: what counts as holding it. */
const HELD = 0.99

const offered = sum(k6('testid:k6_offered:rate1m'))
const achieved = sum(k6('testid:k6_achieved:rate1m'))
const dropped = sum(k6('testid:k6_dropped:rate1m'))
const answered = sum(recorded('job:reservations_answered:rate1m'))
const p50 = max(recorded('job:reservations_duration_seconds:p50_rate1m'))
const p95 = max(recorded('job:reservations_duration_seconds:p95_rate1m'))
const p99 = max(recorded('job:reservations_duration_seconds:p99_rate1m'))
const errors = max(recorded('job:reservations_errors:ratio_rate1m'))

/** 1 or 0 at every moment at which k6 offered the target; no value at any other. */
const holds = `(
  (${achieved} >= bool ${HELD} * $target)
  * (${answered} >= bool ${HELD} * $target)
  * (${dropped} == bool 0)
  * (${p95} <= bool ${P95_SECONDS})
  * (${p99} <= bool ${P99_SECONDS})
  * (${errors} <= bool ${MAX_ERRORS})
) and (${offered} >= ${HELD} * $target)`

const NO_RUN = 'no k6 run writes here'

export const tenKCheck = {
  uid: 'floodgate-10k',
  title: 'Floodgate / 10k RPS check',
  description:
    'Does the service hold the target rate within its limits? The verdict covers every minute of the shown time in which k6 offered the target; choose the time of one run.',
  from: 'now-15m',
  refresh: '5s',
  variables: [targetVariable([10_000, 7000, 5000, 1000]), testIdVariable()],
  rows: [
    row(
      'Verdict',
      line(
        6,
        stat({
          title: 'Verdict',
          description:
            'PASS when every minute at the target rate held: achieved by k6 and answered by the service ≥ 99 % of the target, nothing dropped, p95 ≤ 50 ms, p99 ≤ 100 ms, errors ≤ 0.1 %. FAIL when one did not: the stats beside it say which. Minutes in which less than 99 % of the target was offered, as while a run begins, do not count.',
          width: 6,
          unit: 'none',
          queries: [query(`min_over_time((${holds})[$__range:15s])`, 'verdict')],
          means: { 0: { text: 'FAIL', color: 'red' }, 1: { text: 'PASS', color: 'green' } },
          shows: 'last',
          noValue: 'the target was not offered',
        }),
        stat({
          title: 'Offered',
          description:
            'What k6 asked for, a second: iterations that ran and those that it had to drop. Below the target no verdict is given.',
          width: 3,
          unit: 'reqps',
          decimals: 0,
          queries: [query(offered, 'offered')],
          shows: 'max',
          noValue: NO_RUN,
        }),
        stat({
          title: 'Achieved',
          description:
            'What k6 got done, a second, at its best minute. It should equal what was offered; where it does not, look at dropped iterations and latency.',
          width: 3,
          unit: 'reqps',
          decimals: 0,
          queries: [query(achieved, 'achieved')],
          shows: 'max',
          noValue: NO_RUN,
        }),
        stat({
          title: 'p95, limit 50 ms',
          description:
            'The worst minute of the shown time, measured by the service from the first byte of a reservation to the last of its answer. Red at 50 ms.',
          width: 3,
          unit: 's',
          queries: [query(p95, 'p95')],
          limits: { warn: 0.8 * P95_SECONDS, bad: P95_SECONDS },
          shows: 'max',
          noValue: 'no reservations',
        }),
        stat({
          title: 'p99, limit 100 ms',
          description:
            'As p95; its limit is also the objective. Above it open a trace from the latency graph below, then the CPU profile.',
          width: 3,
          unit: 's',
          queries: [query(p99, 'p99')],
          limits: { warn: 0.8 * P99_SECONDS, bad: P99_SECONDS },
          shows: 'max',
          noValue: 'no reservations',
        }),
        stat({
          title: 'Errors, limit 0.1 %',
          description:
            'Reservations answered with any 5xx, refused ones (503) among them, of all: the worst minute of the shown time.',
          width: 3,
          unit: 'percentunit',
          decimals: 2,
          queries: [query(errors, 'errors')],
          limits: { bad: MAX_ERRORS },
          shows: 'max',
          noValue: 'no reservations',
        }),
        stat({
          title: 'Dropped, limit 0',
          description:
            'Iterations a second that k6 could not begin because all its users were waiting for answers. Any is a failed run: either the service is too slow, or k6 has too few users.',
          width: 3,
          unit: 'reqps',
          queries: [query(dropped, 'dropped')],
          limits: { bad: 0.001 },
          shows: 'max',
          noValue: NO_RUN,
        }),
      ),
    ),
    row(
      'Rate and latency',
      line(
        9,
        graph({
          title: 'Offered, achieved, answered',
          description:
            'Three lines that should lie on the target, over a minute each: what k6 offered, what it got done, and what the service answered other than with 5xx. A gap below "offered" is the load that the service did not take.',
          width: 12,
          unit: 'reqps',
          queries: [
            query('vector($target)', 'target'),
            query(offered, 'offered by k6'),
            query(achieved, 'achieved by k6'),
            query(answered, 'answered by the service'),
          ],
          noValue: NO_RUN,
        }),
        graph({
          title: 'Latency of a reservation, in the service',
          description:
            'p50, p95 and p99 over a minute; the dashed lines are the limits of p95 (50 ms) and p99 (100 ms). Dots are exemplars: each leads to the trace of one request.',
          width: 12,
          unit: 's',
          queries: [
            query(p50, 'p50'),
            query(p95, 'p95'),
            query(p99, 'p99'),
            query(
              quantile(
                0.99,
                'http_server_request_duration_seconds',
                [],
                'method="POST"',
                'route="/api/v1/bookings/reserve"',
              ),
              'p99 now',
            ),
          ],
          limits: { warn: P95_SECONDS, bad: P99_SECONDS },
          traces: { slowerThan: '50ms' },
          noValue: 'no reservations',
        }),
      ),
      line(
        8,
        graph({
          title: 'Latency of a reservation, in k6',
          description:
            'What k6 saw, connection and network included, from its start up to each moment. Much more than the service itself measured means waiting outside of it: sockets, a busy machine, or k6 on the same cores.',
          width: 12,
          unit: 's',
          queries: [
            query(max(k6('k6_http_req_duration_med', 'name="reserve"')), 'p50 (k6)'),
            query(max(k6('k6_http_req_duration_p95', 'name="reserve"')), 'p95 (k6)'),
            query(max(k6('k6_http_req_duration_p99', 'name="reserve"')), 'p99 (k6)'),
          ],
          limits: { warn: P95_SECONDS, bad: P99_SECONDS },
          noValue: NO_RUN,
        }),
        graph({
          title: 'Answers of reserve, by status',
          description:
            '201 is a hold; 409 sold out or over the limit; 429 one person asking too often; 503 come back later. During the check everything should be 201.',
          width: 12,
          unit: 'reqps',
          stacked: true,
          queries: [
            query(
              sum(
                recorded(
                  'job_method_route_status:http_server_requests:rate1m',
                  'method="POST"',
                  'route="/api/v1/bookings/reserve"',
                ),
                'status',
              ),
              '{{status}}',
            ),
          ],
          noValue: 'no reservations',
        }),
      ),
    ),
    sideBySide(),
  ],
}
