/* global uPlot */
const runs = JSON.parse(document.getElementById('series').textContent)
const ink = getComputedStyle(document.body).color
const line = getComputedStyle(document.documentElement).getPropertyValue('--line').trim()
const colours = ['#2f6feb', '#d9730d', '#c4324a', '#13795b']
const plots = [
  [
    'Requests answered, per second',
    [
      ['all', 'perSecond'],
      ['5xx', 'failedPerSecond'],
    ],
  ],
  [
    'Latency of reservations, ms',
    [
      ['p50', 'p50Ms'],
      ['p95', 'p95Ms'],
      ['p99', 'p99Ms'],
    ],
  ],
  [
    'Not in PostgreSQL / not in Kafka yet',
    [
      ['stream entries', 'walEntries'],
      ['outbox rows', 'outboxRows'],
    ],
  ],
]
for (const box of document.querySelectorAll('.plots')) {
  const series = runs[Number(box.dataset.run)]
  for (const [title, lines] of plots) {
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } }
    const width = Math.floor(box.clientWidth / Math.max(1, Math.floor(box.clientWidth / 352))) - 14
    new uPlot(
      {
        title,
        width,
        height: 200,
        scales: { x: { time: false } },
        axes: [
          { ...axis, values: (_, ticks) => ticks.map((tick) => `${tick} s`) },
          { ...axis, size: 60 },
        ],
        series: [
          { label: 's', value: (_, at) => (at === null ? '–' : at.toFixed(0)) },
          ...lines.map(([label], index) => ({
            label,
            stroke: colours[index],
            width: 1.5,
            value: (_, v) => (v === null ? '–' : v.toFixed(1)),
          })),
        ],
      },
      [series.map((one) => one.atSeconds), ...lines.map(([, name]) => series.map((one) => one[name]))],
      box,
    )
  }
}
