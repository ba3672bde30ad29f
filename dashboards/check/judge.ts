/**
 * Whether an expression is sound: it parses, it has data, and so has every series that it selects. The last catches what the
 * second does not: a wrong name behind `or`, or in one of many operands.
 *
 * A condition has no value while all is well. Of an alert, therefore, the whole has to parse, and what it compares (promql.ts
 * takes it apart at comparisons and set operators) has to have data, each part by itself.
 */
import type { Asker, Time } from './ask.ts'
import type { Expression } from './expressions.ts'
import { type Choice, fillIn } from './fill-in.ts'
import { metricOf, partsOf, selectorsOf } from './promql.ts'

export type Verdict = { kind: 'sound' } | { kind: 'broken'; text: string; why: string }

/**
 * Matchers of what a healthy service does not have, for which the series without them have to be there. Everything else a check
 * brings about.
 */
const FAULTS = /,?status=~"5\.\.",status!="503"/

export function makeJudge(ask: Asker, choice: Choice, time: Time) {
  const known = new Map<string, Promise<number>>()

  /** Each question once: many expressions share their series. */
  function count(expression: string): Promise<number> {
    const asked = known.get(expression)
    if (asked) return asked
    const answer = ask.seriesWithData(expression, time)
    known.set(expression, answer)
    return answer
  }

  return async function judge({ kind, text, exemplars }: Expression): Promise<Verdict> {
    let at = text
    try {
      const filled = fillIn(text, choice)
      at = filled
      // Parsed in any case, whether it has a value or not.
      const whole = await count(filled)
      const parts = kind === 'alert' ? partsOf(filled) : [filled]
      for (const part of parts) {
        at = part
        const found = part === filled ? whole : await count(part)
        if (found === 0) return { kind: 'broken', text: part, why: 'no data' }
      }
      for (const selector of selectorsOf(filled)) {
        at = selector.replace(FAULTS, '')
        if ((await count(at)) === 0) return { kind: 'broken', text: selector, why: 'no such series' }
      }
      const traced = exemplars ? selectorsOf(filled).filter((selector) => /_bucket\{/.test(selector)) : []
      for (const selector of traced) {
        at = selector
        if (isRecorded(selector)) continue
        if ((await ask.exemplarsWithTrace(selector, time)) === 0)
          return { kind: 'broken', text: selector, why: 'no exemplar names a trace' }
      }
      return { kind: 'sound' }
    } catch (error) {
      return { kind: 'broken', text: at, why: error instanceof Error ? error.message : String(error) }
    }
  }
}

function isRecorded(selector: string): boolean {
  return metricOf(selector).includes(':')
}
