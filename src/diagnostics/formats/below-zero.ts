import { Refusal } from '../refusal.ts'

/** DevTools' forms and the HTML file have no value below zero, so none of a difference. */
const aboveZeroOnly: readonly string[] = ['cpuprofile', 'heapprofile', 'html']

/** Before a difference is captured: it may take minutes. @throws Refusal below_zero (400) */
export function checkShowsDifference(format: string): void {
  if (aboveZeroOnly.includes(format)) throw belowZero(format)
}

export function belowZero(format: string): Refusal {
  const message = `a difference has values below zero, which ${format} cannot show: pprof, speedscope and folded can`
  return new Refusal({ status: 400, code: 'below_zero', message })
}
