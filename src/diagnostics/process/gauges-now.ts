import { limits } from '../limits.ts'

/** The application's cheap numbers; one whose callback throws is left out, as is what is no number. Its owner finds it missing. */
export function gaugesNow(gauges: Readonly<Record<string, () => number>>): [name: string, value: number][] {
  return Object.entries(gauges)
    .slice(0, limits.gaugesMax)
    .flatMap(([name, read]): [string, number][] => {
      try {
        const value = read()
        return Number.isFinite(value) ? [[name, value]] : []
      } catch {
        return []
      }
    })
}
