/** The figures that say at a glance how the service is. */
import { h, setText } from './dom.js'
import { inWords, percent } from './units.js'

/** Above it a figure is marked; words and place tell the same, so the colour is only a help. */
const HIGH = { delay: 0.2, utilization: 0.95, heapShare: 0.85 }

const figures = [
  { title: 'Requests', of: ({ values: v }) => inWords(v['http.rate'], '/s') },
  {
    title: 'Errors (5xx)',
    of: ({ values: v }) => inWords(v['http.errors'], '/s'),
    aside: ({ values: v }) => (v['http.rate'] ? percent(v['http.errors'] / v['http.rate']) : ''),
    high: ({ values: v }) => v['http.errors'] > 0,
  },
  { title: 'Latency p50', of: ({ values: v }) => inWords(v['http.p50'], 's') },
  { title: 'Latency p95', of: ({ values: v }) => inWords(v['http.p95'], 's') },
  { title: 'Latency p99', of: ({ values: v }) => inWords(v['http.p99'], 's') },
  {
    title: 'Loop delay p99',
    of: ({ values: v }) => inWords(v['loop.p99'], 's'),
    aside: ({ values: v }) => `max ${inWords(v['loop.max'], 's')}`,
    high: ({ values: v }) => v['loop.p99'] > HIGH.delay,
  },
  {
    title: 'Loop busy',
    of: ({ values: v }) => inWords(v['loop.utilization'], 'ratio'),
    high: ({ values: v }) => v['loop.utilization'] > HIGH.utilization,
  },
  {
    title: 'CPU',
    of: ({ values: v }) => inWords(v.cpu, 'ratio'),
    aside: ({ processes }) => (processes.length > 1 ? `${processes.length} processes` : 'of a core'),
  },
  {
    title: 'Heap used',
    of: ({ values: v }) => inWords(v['memory.heap'], 'B'),
    aside: ({ values: v }) => `of ${inWords(v['memory.limit'], 'B')}`,
    high: ({ values: v }) => v['memory.heap'] > HIGH.heapShare * v['memory.limit'],
  },
  { title: 'RSS', of: ({ values: v }) => inWords(v['memory.rss'], 'B') },
  {
    title: 'GC',
    of: ({ values: v }) => inWords(v['gc.seconds'], 'ratio'),
    aside: ({ values: v }) => (v['gc.count'] === null ? '' : `${inWords(v['gc.count'], '/s')}`),
  },
]

export function makeFigures() {
  const shown = figures.map((figure) => ({ ...figure, value: h('dd'), more: h('dd', { class: 'aside' }) }))
  return {
    element: h(
      'dl',
      { class: 'figures' },
      shown.map(({ title, value, more }) => h('div', {}, h('dt', {}, title), value, more)),
    ),
    show(frame) {
      for (const { of, aside, high, value, more } of shown) {
        setText(value, of(frame))
        setText(more, aside?.(frame) ?? '')
        value.classList.toggle('high', Boolean(high?.(frame)))
      }
    },
  }
}
