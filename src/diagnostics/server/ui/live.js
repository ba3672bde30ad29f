/** The live view: one request a second, and everything on it from that one answer. */
import { askJson } from './ask.js'
import { makeChartGroups } from './chart-groups.js'
import { h } from './dom.js'
import { makeFigures } from './figures.js'
import { makeFlightTable, makeProcessTable, makeRouteTable } from './live-tables.js'
import { mark, silenceInWords } from './state.js'

const TIMEOUT_MS = 5000

export function makeLive(element) {
  const state = document.getElementById('state')
  const blocked = h('p', { class: 'blocked', hidden: true })
  const figures = makeFigures()
  const routes = makeRouteTable()
  const underway = makeFlightTable()
  const processes = makeProcessTable()
  const charts = makeChartGroups()
  element.append(
    blocked,
    figures.element,
    charts.first,
    routes.element,
    underway.element,
    processes.element,
    charts.rest,
  )
  let points = []
  let sinceMs = 0

  async function look() {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    show(await askJson(`/debug/live?since=${sinceMs}`, { signal }))
  }

  function show(live) {
    const { frame, silent, nowMs, historyPoints, intervalMs } = live
    points = [...points, ...live.points].slice(-historyPoints)
    sinceMs = points.at(-1)?.atMs ?? 0
    const silence = silenceInWords(silent)
    element.classList.toggle('stale', silence !== null)
    blocked.hidden = silence === null
    if (silence) {
      const age = live.valuesAtMs === null ? 0 : (nowMs - live.valuesAtMs) / 1000
      mark(state, 'warn', silence.short)
      blocked.textContent = `The main thread is ${silence.short}: these are the last values, ${Math.max(age, silence.oldest).toFixed(1)} s old.`
    } else mark(state, 'good', `live, every ${intervalMs / 1000} s`)
    if (!frame) return
    figures.show(frame)
    routes.show(frame.routes)
    underway.show(frame.inFlight)
    processes.show(frame.processes)
    charts.show(frame.charts, points, { nowMs, spanMs: historyPoints * intervalMs })
  }

  async function run() {
    for (;;) {
      const beganMs = performance.now()
      // A page that nobody sees asks for nothing; what it missed it gets when it is seen again.
      if (!document.hidden) {
        try {
          await look()
        } catch (error) {
          const refused = error.status > 0
          mark(state, 'bad', refused ? error.code : 'no answer')
        }
      }
      const restMs = 1000 - (performance.now() - beganMs)
      await new Promise((resolve) => setTimeout(resolve, Math.max(200, restMs)))
    }
  }
  void run()
  return {}
}
