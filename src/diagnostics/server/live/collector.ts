/**
 * The live page's numbers: one new point a second for all who look, and the last five minutes for whoever comes late. It runs only while
 * somebody asks; a page that nobody has open costs nothing.
 */
import { limits } from '../../limits.ts'
import type { ServerSide } from '../side.ts'
import type { Values } from './charts.ts'
import { type Frame, frameOf } from './frame.ts'
import { type Look, makeReadings } from './readings.ts'

export interface Live {
  nowMs: number
  intervalMs: number
  historyPoints: number
  /** Of the values below; null before the first. */
  valuesAtMs: number | null
  frame: Frame | null
  silent: Look['silent']
  /** Those after what was asked for. A point without values is a second in which no process answered. */
  points: { atMs: number; values: Values }[]
}

export type Collector = ReturnType<typeof makeCollector>

export function makeCollector(side: Pick<ServerSide, 'ask' | 'members' | 'config'>) {
  const readings = makeReadings(side)
  let points: Live['points'] = []
  let frame: Frame | null = null
  let frameAtMs: number | null = null
  let silent: Look['silent'] = []
  let timer: NodeJS.Timeout | null = null
  let lookedMs = 0
  let looking: Promise<void> | null = null

  async function tick(): Promise<void> {
    const look = await readings.look()
    const atMs = Date.now()
    silent = look.silent
    const next = frameOf(look, side.config.charts)
    if (next) {
      frame = next
      frameAtMs = atMs
    }
    points.push({ atMs, values: next?.values ?? {} })
    points = points.slice(-limits.livePoints)
  }

  function run(): Promise<void> {
    looking ??= tick().finally(() => {
      looking = null
    })
    return looking
  }

  function onTime(): void {
    if (performance.now() - lookedMs <= limits.liveIdleMs) return void run()
    if (timer) clearInterval(timer)
    timer = null
  }

  return {
    /** @param sinceMs points after this are given. */
    async read(sinceMs: number): Promise<Live> {
      lookedMs = performance.now()
      if (!timer) {
        // The first look has no rates yet; a point with them follows a second later.
        await run()
        timer ??= setInterval(onTime, limits.liveIntervalMs).unref()
      }
      return {
        nowMs: Date.now(),
        intervalMs: limits.liveIntervalMs,
        historyPoints: limits.livePoints,
        valuesAtMs: frameAtMs,
        frame,
        silent,
        points: points.filter(({ atMs }) => atMs > sinceMs),
      }
    },
  }
}
