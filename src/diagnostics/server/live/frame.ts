/** One moment of the live page, computed of what the processes said now and a second ago. Pure. */

import { mergeSnapshots } from '../../metrics/merge.ts'
import type { LiveChart } from '../../options.ts'
import { mergeUnderway, type Underway } from '../../process/in-flight-by-name.ts'
import { type Chart, familyCharts, type Values } from './charts.ts'
import { httpFigures, type RouteFigures } from './http-figures.ts'
import { nodeCharts, nodeValues, type ProcessFigures, processFigures } from './node-figures.ts'
import { ratesOf } from './rates.ts'
import type { Look } from './readings.ts'

export interface Frame {
  charts: Chart[]
  values: Values
  routes: RouteFigures[]
  processes: ProcessFigures[]
  inFlight: Underway[]
}

/** Null while nobody answers: the frame before is what is known. */
export function frameOf({ seen, silent }: Look, asked: readonly LiveChart[]): Frame | null {
  const fresh = seen.filter(({ worker }) => !silent.some((one) => one.worker === worker))
  if (fresh.length === 0) return null
  const rates = mergeSnapshots(
    fresh.flatMap(({ worker, reading, atMs, before }) =>
      before
        ? [
            {
              worker,
              families: ratesOf(before.reading.families, reading.families, (atMs - before.atMs) / 1000),
            },
          ]
        : [],
    ),
  )
  const families = mergeSnapshots(
    fresh.map(({ worker, reading }) => ({ worker, families: reading.families })),
  )
  const gauges = new Map<string, number>()
  for (const { reading } of fresh)
    for (const [name, value] of reading.gauges) gauges.set(name, (gauges.get(name) ?? 0) + value)

  const processes = fresh.map(processFigures)
  const { all, routes } = httpFigures(rates)
  const found = familyCharts(asked, { rates, families, gauges })
  return {
    charts: [...nodeCharts, ...found.charts],
    values: {
      'http.rate': all.rate,
      'http.errors': all.errors,
      'http.p50': all.p50,
      'http.p95': all.p95,
      'http.p99': all.p99,
      ...nodeValues(processes),
      ...found.values,
    },
    routes,
    processes,
    inFlight: mergeUnderway(fresh.map(({ reading }) => reading.inFlight)),
  }
}
