import { line, row } from './build/board.ts'
import { graph } from './build/graph.ts'
import { diagnosticsLink } from './build/links.ts'
import { max, of, quantile, rate, sum } from './build/promql.ts'
import { query } from './build/query.ts'
import { stat } from './build/stat.ts'
import { watching } from './watching.ts'

const process = '{{instance}} {{worker}}'
const cpuProfile = diagnosticsLink('CPU profile, 10 s', '/debug/pprof/profile?seconds=10&format=html')
const stacks = diagnosticsLink('Stack now', '/debug/stacks')
const heap = diagnosticsLink('Heap profile', '/debug/pprof/heap?format=html')

export const nodeRuntime = {
  uid: 'floodgate-runtime',
  title: 'Floodgate / Node runtime',
  description:
    'The processes themselves: event loop, CPU, memory, garbage collection, handles, and what watching them costs.',
  rows: [
    row(
      'Now',
      line(
        4,
        stat({
          title: 'Loop delay, p99',
          description:
            'Of the process that is worst. Requests are shed when it stays over SHED_LOOP_DELAY_MS (80 ms).',
          width: 4,
          unit: 's',
          queries: [query(max(of('nodejs_eventloop_delay_seconds', 'quantile="0.99"')), 'delay')],
          limits: { warn: 0.03, bad: 0.08 },
        }),
        stat({
          title: 'Loop in use',
          description:
            'Share of its time that the busiest loop works. Near 100 % the process is at its ceiling.',
          width: 4,
          unit: 'percentunit',
          decimals: 0,
          queries: [query(max(of('nodejs_eventloop_utilization_ratio')), 'use')],
          limits: { warn: 0.8, bad: 0.95 },
        }),
        stat({
          title: 'Memory against its limit',
          description:
            'Resident memory of the fullest process or container, of what it may have. At 100 % the system kills it.',
          width: 4,
          unit: 'percentunit',
          decimals: 0,
          queries: [
            query(
              `max(${sum(of('process_resident_memory_bytes'), 'instance')} / ${max(of('process_memory_limit_bytes'), 'instance')})`,
              'memory',
            ),
          ],
          limits: { warn: 0.75, bad: 0.9 },
        }),
        stat({
          title: 'Heap against its limit',
          description: 'JavaScript heap in use, of what V8 may have. At 100 % the process ends itself.',
          width: 4,
          unit: 'percentunit',
          decimals: 0,
          queries: [
            query(
              `max(${sum(of('nodejs_heap_space_used_bytes'), 'instance', 'worker')} / ${max(of('nodejs_heap_limit_bytes'), 'instance', 'worker')})`,
              'heap',
            ),
          ],
          limits: { warn: 0.75, bad: 0.9 },
        }),
        stat({
          title: 'Time spent collecting garbage',
          description:
            'Share of its time that the process that collects most spends on it, all kinds. Above some 5 % look at allocations.',
          width: 4,
          unit: 'percentunit',
          decimals: 1,
          queries: [
            query(`max(${sum(rate(of('nodejs_gc_duration_seconds_sum')), 'instance', 'worker')})`, 'gc'),
          ],
          limits: { warn: 0.05, bad: 0.15 },
        }),
        stat({
          title: 'Youngest process',
          description:
            'How long ago the last process of each version of Node started. A few minutes, again and again: it keeps dying.',
          width: 4,
          unit: 's',
          decimals: 0,
          queries: [
            query(
              `time() - max by (version) (${of('process_start_time_seconds')} * on (instance, worker) group_left (version) ${of('nodejs_version_info')})`,
              '{{version}}',
            ),
          ],
          plain: true,
        }),
      ),
    ),
    row(
      'Event loop and CPU',
      line(
        8,
        graph({
          title: 'Delay of the event loop',
          description:
            'How late timers came, by quantile, of the worst process. p50 is the load, p99 and the largest are single long turns: the stack of each over 200 ms is recorded.',
          width: 8,
          unit: 's',
          queries: [query(max(of('nodejs_eventloop_delay_seconds'), 'quantile'), '{{quantile}}')],
          limits: { bad: 0.08 },
          links: [diagnosticsLink('What blocked it', '/debug/pprof/block?seconds=30'), stacks],
        }),
        graph({
          title: 'Standing delay, by process',
          description:
            'The least of the last three looks: what requests are shed for. Above 80 ms new work is refused.',
          width: 8,
          unit: 's',
          queries: [query(max(of('event_loop_standing_delay_seconds'), 'instance'), '{{instance}}')],
          limits: { bad: 0.08 },
        }),
        graph({
          title: 'Use of the event loop',
          description:
            'Share of its time that each loop works rather than waits. A process near 100 % while others idle: the load is not spread.',
          width: 8,
          unit: 'percentunit',
          max: 1,
          queries: [query(of('nodejs_eventloop_utilization_ratio'), process)],
          limits: { warn: 0.8, bad: 0.95 },
          links: [cpuProfile],
        }),
      ),
      line(
        8,
        graph({
          title: 'CPU, by process and mode',
          description:
            'Cores in use. user is JavaScript, garbage collection and the profiler; system is the kernel, sockets for the most part.',
          width: 8,
          unit: 'short',
          stacked: true,
          queries: [
            query(
              sum(rate(of('process_cpu_seconds_total')), 'instance', 'worker', 'mode'),
              `${process} {{mode}}`,
            ),
          ],
          links: [cpuProfile],
        }),
        graph({
          title: 'Active resources',
          description:
            'Timers, sockets and handles that keep the loop alive, by type. One that only ever grows is a leak.',
          width: 8,
          unit: 'short',
          legend: 'right',
          queries: [query(sum(of('nodejs_active_resources'), 'type'), '{{type}}')],
          links: [diagnosticsLink('Resources', '/debug/resources')],
        }),
        graph({
          title: 'Open file descriptors',
          description:
            'Sockets and files. They follow connections and streams; with neither growing, a leak.',
          width: 8,
          unit: 'short',
          queries: [query(of('process_open_fds'), process)],
        }),
      ),
    ),
    row(
      'Memory',
      line(
        8,
        graph({
          title: 'Resident memory, against the limit',
          description: 'All of a process: heap, buffers, code. The limit is that of its container.',
          width: 8,
          unit: 'bytes',
          queries: [
            query(of('process_resident_memory_bytes'), process),
            query(max(of('process_memory_limit_bytes'), 'instance'), 'limit {{instance}}'),
          ],
          links: [heap],
        }),
        graph({
          title: 'Heap by space',
          description:
            'In use, all processes. new is what dies young; old that climbs without coming down is a leak; large_object are big arrays and strings.',
          width: 8,
          unit: 'bytes',
          stacked: true,
          queries: [query(sum(of('nodejs_heap_space_used_bytes'), 'space'), '{{space}}')],
          links: [heap],
        }),
        graph({
          title: 'Heap limit, room and external memory',
          description:
            'What V8 may have in the process that has least, what is free in spaces that were asked for, and buffers outside the heap.',
          width: 8,
          unit: 'bytes',
          queries: [
            query(`min(${of('nodejs_heap_limit_bytes')})`, 'limit'),
            query(sum(of('nodejs_heap_space_available_bytes')), 'free in spaces'),
            query(sum(of('nodejs_external_memory_bytes')), 'external'),
          ],
        }),
      ),
      line(
        8,
        graph({
          title: 'Garbage collection: share of time, by kind',
          description:
            'minor collects the young, often and fast; major the old; incremental are its steps. Much minor: many short-lived objects; see allocations.',
          width: 12,
          unit: 'percentunit',
          queries: [query(sum(rate(of('nodejs_gc_duration_seconds_sum')), 'kind'), '{{kind}}')],
          links: [diagnosticsLink('Allocations, 10 s', '/debug/pprof/allocs?seconds=10&format=html')],
        }),
        graph({
          title: 'Garbage collection: pauses, p99 by kind',
          description:
            'How long one collection held the loop. Above 20 ms it shows in the latency of requests.',
          width: 12,
          unit: 's',
          queries: [query(quantile(0.99, 'nodejs_gc_duration_seconds', ['kind']), '{{kind}}')],
          limits: { warn: 0.02, bad: 0.05 },
          links: [diagnosticsLink('Statistics', '/debug/gc')],
        }),
      ),
    ),
    watching(),
  ],
}
