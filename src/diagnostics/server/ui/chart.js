/** One chart: uPlot for the lines, words of our own for what they are at now, or where the pointer is. */
import { h, setText } from './dom.js'
import { inWords } from './units.js'

const HEIGHT_PX = 130
const LEAST_SPAN_MS = 60_000
/** Bytes are counted in powers of two, and so are the lines behind them. */
const BYTE_STEPS = Array.from({ length: 50 }, (_, power) => 2 ** power)
/** The pointer's moment is the same in all of them. */
const SYNC = 'moment'
const dark = matchMedia('(prefers-color-scheme: dark)')

export function makeChart({ title, unit, series, more }) {
  const values = series.map(() => h('b'))
  const swatches = series.map(() => h('i', { class: 'swatch' }))
  const legend = h(
    'ul',
    { class: 'legend' },
    series.map(({ label }, index) =>
      h('li', { title: label }, swatches[index], h('span', {}, label), values[index]),
    ),
    more > 0 && h('li', {}, `and ${more} more`),
  )
  const plot = h('div', { class: 'plot', 'aria-hidden': 'true' })
  const element = h(
    'figure',
    { class: 'chart', 'aria-label': title },
    h('h3', { title }, title),
    legend,
    plot,
  )
  let chart = null
  let data = [[], ...series.map(() => [])]
  let range = [0, 1]
  let isSeen = false

  function draw() {
    const style = getComputedStyle(document.documentElement)
    const colour = (name) => style.getPropertyValue(name).trim()
    const ofSeries = series.map(({ key }, index) =>
      colour(key === 'http.errors' ? '--bad' : `--series-${index}`),
    )
    swatches.forEach((swatch, index) => {
      swatch.style.background = ofSeries[index]
    })
    const axis = {
      stroke: colour('--muted'),
      font: '11px system-ui',
      grid: { stroke: colour('--line'), width: 1 },
      ticks: { show: false },
    }
    chart?.destroy()
    chart = new globalThis.uPlot(
      {
        width: plot.clientWidth || 300,
        height: HEIGHT_PX,
        padding: [6, 24, 0, 0],
        legend: { show: false },
        cursor: { sync: { key: SYNC }, drag: { x: false, y: false }, points: { size: 5 } },
        hooks: { setCursor: [showValues] },
        scales: {
          x: { time: true, range: () => range },
          y: { range: (_, least, most) => yRange(least, most) },
        },
        axes: [
          { ...axis, size: 22, space: 70, values: (_, at) => at.map(clock) },
          {
            ...axis,
            ...(unit === 'B' && { incrs: BYTE_STEPS }),
            size: 62,
            space: 28,
            values: (_, at) => at.map((value) => inWords(value, unit)),
          },
        ],
        series: [
          {},
          ...series.map(({ label }, index) => ({
            label,
            stroke: ofSeries[index],
            width: 1.5,
            points: { show: false },
            fill: series.length === 1 ? `${ofSeries[index]}22` : undefined,
          })),
        ],
      },
      data,
      plot,
    )
  }

  function showValues() {
    const at = chart?.cursor.idx ?? null
    series.forEach((_, index) => {
      const of = data[index + 1]
      // Without a pointer it is the last one that is known, as the figures above have it.
      const value = at === null ? of.findLast((one) => one !== null) : of[at]
      setText(values[index], inWords(value, unit))
    })
  }

  const seen = new IntersectionObserver(([entry]) => {
    isSeen = entry.isIntersecting
    if (isSeen) update()
  })
  seen.observe(element)
  const resized = new ResizeObserver(() => {
    if (chart && plot.clientWidth > 0) chart.setSize({ width: plot.clientWidth, height: HEIGHT_PX })
  })
  resized.observe(plot)
  const recolour = () => chart && draw()
  dark.addEventListener('change', recolour)

  function update() {
    if (!chart) draw()
    else chart.setData(data)
    showValues()
  }

  return {
    element,
    show(points, { nowMs, spanMs }) {
      // A page that was just opened is not nine tenths empty.
      const firstMs = Math.min(points[0]?.atMs ?? nowMs, nowMs - LEAST_SPAN_MS)
      range = [Math.max(firstMs, nowMs - spanMs) / 1000, nowMs / 1000]
      data = [
        points.map(({ atMs }) => atMs / 1000),
        ...series.map(({ key }) => points.map(({ values: of }) => of[key] ?? null)),
      ]
      // What is scrolled or folded away costs nothing.
      if (isSeen) update()
    },
    stop() {
      seen.disconnect()
      resized.disconnect()
      dark.removeEventListener('change', recolour)
      chart?.destroy()
    },
  }
}

/** From nothing, so that heights compare; a little above the highest. */
function yRange(least, most) {
  if (most === null || most === undefined || most <= 0) return [Math.min(0, least ?? 0), 1e-3]
  return [Math.min(0, least ?? 0), most * 1.1]
}

const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString('en-GB')
