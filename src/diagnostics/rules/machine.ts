/**
 * The states of a rule, as pure functions of a value and the time:
 *
 *   armed → pending (the value is above) → holding (it was so long enough: fires, unless the hour's budget is used up)
 *   pending → armed (the value fell first)
 *   holding → armed (the value was below `rearmBelow` since, and the cool-down is over)
 */
import { type Rule, rearmBelowOf } from './rule.ts'

export interface RuleState {
  state: 'armed' | 'pending' | 'holding'
  sinceMs: number
  coolUntilMs: number
  /** Whether the value was low since it fired. */
  fell: boolean
  /** Of the last hour. */
  firedMs: number[]
  /** Times that only the budget kept it from firing, since the start. */
  withheld: number
}

const HOUR_MS = 3_600_000

export function initialState(nowMs: number): RuleState {
  return { state: 'armed', sinceMs: nowMs, coolUntilMs: 0, fell: true, firedMs: [], withheld: 0 }
}

export function budgetLeft(rule: Rule, { firedMs }: RuleState, nowMs: number): number {
  return Math.max(0, rule.maxPerHour - firedMs.filter((atMs) => atMs > nowMs - HOUR_MS).length)
}

/** Changes the state. @param value null where it is not known, which is not above. @returns whether it fires */
export function step(rule: Rule, state: RuleState, value: number | null, nowMs: number): boolean {
  const above = value !== null && value > rule.above
  const to = (next: RuleState['state']) => {
    state.state = next
    state.sinceMs = nowMs
  }
  if (state.state === 'holding') {
    if (value === null || value < rearmBelowOf(rule)) state.fell = true
    if (state.fell && nowMs >= state.coolUntilMs) to('armed')
    return false
  }
  if (!above) {
    if (state.state === 'pending') to('armed')
    return false
  }
  if (state.state === 'armed') to('pending')
  if (nowMs - state.sinceMs < rule.forSeconds * 1000) return false
  const fires = budgetLeft(rule, state, nowMs) > 0
  to('holding')
  state.fell = false
  state.coolUntilMs = nowMs + rule.coolDownSeconds * 1000
  state.firedMs = state.firedMs.filter((atMs) => atMs > nowMs - HOUR_MS)
  if (fires) state.firedMs.push(nowMs)
  else state.withheld++
  return fires
}
