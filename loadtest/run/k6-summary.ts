/** What k6 says at its end (`--summary-export`). */

/** By name, as `http_reqs{name:reserve,status:201}`; a threshold is true where it was crossed. */
export type Metrics = Readonly<
  Record<string, Readonly<Record<string, number | Readonly<Record<string, boolean>>>>>
>

export interface Threshold {
  metric: string
  condition: string
  held: boolean
}

/** What is always true is asked only so that k6 counts it. */
const COUNTED = ['count>=0', 'max>=0', 'rate>=0']

export function thresholdsOf(metrics: Metrics): Threshold[] {
  return Object.entries(metrics).flatMap(([metric, { thresholds }]) =>
    Object.entries(typeof thresholds === 'object' ? thresholds : {})
      .filter(([condition]) => !COUNTED.includes(condition))
      .map(([condition, crossed]) => ({ metric, condition, held: !crossed })),
  )
}

export function numberOf(metrics: Metrics, metric: string, field: string): number {
  const value = metrics[metric]?.[field]
  return typeof value === 'number' ? value : 0
}

/** Answers to requests of a name with that status. */
export function answers(metrics: Metrics, name: string, status: number): number {
  return numberOf(metrics, `http_reqs{name:${name},status:${status}}`, 'count')
}

/** Every answer that was counted, as `reserve 201: 1000`. */
export function answersOf(metrics: Metrics): Record<string, number> {
  const found = Object.keys(metrics).flatMap((metric) => {
    const [, name, status] = /^http_reqs\{name:([^,]+),status:(\d+)\}$/.exec(metric) ?? []
    const count = numberOf(metrics, metric, 'count')
    return name !== undefined && count > 0
      ? [[`${name} ${status === '0' ? 'none' : status}`, count] as const]
      : []
  })
  return Object.fromEntries(found)
}

export interface Acknowledged {
  reserved: number
  confirmed: number
  cancelled: number
  /** What may have been done although nobody was told. */
  unanswered: Readonly<Record<'reserve' | 'confirm' | 'cancel', number>>
}

/** @param interrupted iterations that were ended in the midst of something: what they sent last may be done */
export function acknowledgedOf(metrics: Metrics, interrupted = 0): Acknowledged {
  const count = (metric: string) => numberOf(metrics, metric, 'count')
  return {
    reserved: answers(metrics, 'reserve', 201) + count('reserved_by_retry'),
    confirmed: answers(metrics, 'confirm', 200),
    cancelled: answers(metrics, 'cancel', 200),
    unanswered: {
      reserve: count('unanswered_reserve') + interrupted,
      confirm: count('unanswered_confirm') + interrupted,
      cancel: count('unanswered_cancel') + interrupted,
    },
  }
}
