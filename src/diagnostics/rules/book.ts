/** Every rule with its state. What must outlive a restart, so that a service that dies each minute does not capture each minute, is kept in a file. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from '../artifacts/files.ts'
import { budgetLeft, initialState, type RuleState } from './machine.ts'
import type { Rule } from './rule.ts'
import type { Value } from './value.ts'

const FILE = 'state.json'

export interface Last {
  artifact: string | null
  verdict: string
  at: string
}

export interface Entry {
  rule: Rule
  state: RuleState
  value: Value | null
  last: Last | null
}

/** As it stands in the file. */
type Kept = Record<string, { firedMs: number[]; coolUntilMs: number; last: Last | null }>

export type RuleBook = ReturnType<typeof makeRuleBook>

export function makeRuleBook(rules: readonly Rule[], dir: string | null, now: () => number = Date.now) {
  const entries: Entry[] = rules.map((rule) => ({
    rule,
    state: initialState(now()),
    value: null,
    last: null,
  }))

  return {
    entries,
    /** A file that cannot be read is none: then budgets begin anew. */
    async load(): Promise<void> {
      const text = dir && (await readFile(join(dir, FILE), 'utf8').catch(() => null))
      const kept = text ? parsed(text) : {}
      for (const entry of entries) {
        const known = kept[entry.rule.name]
        if (!known) continue
        const { state } = entry
        state.firedMs = known.firedMs.filter((atMs) => atMs <= now())
        entry.last = known.last
        if (known.coolUntilMs > now() && state.state === 'armed') {
          const longestMs = now() + entry.rule.coolDownSeconds * 1000
          Object.assign(state, { state: 'holding', coolUntilMs: Math.min(known.coolUntilMs, longestMs) })
        }
      }
    },
    /** @throws Refusal artifacts_unavailable */
    async save(): Promise<void> {
      if (!dir) return
      const kept: Kept = {}
      for (const { rule, state, last } of entries)
        kept[rule.name] = { firedMs: state.firedMs, coolUntilMs: state.coolUntilMs, last }
      await replaceFile(dir, FILE, `${JSON.stringify(kept, null, 1)}\n`)
    },
    describe: () => entries.map((entry) => described(entry, now())),
  }
}

function described({ rule, state, value, last }: Entry, nowMs: number) {
  const cooling = state.state === 'holding' && state.coolUntilMs > nowMs
  return {
    ...rule,
    state: state.state === 'holding' ? (cooling ? 'cooling' : 'waiting_to_rearm') : state.state,
    since: new Date(state.sinceMs).toISOString(),
    coolingUntil: cooling ? new Date(state.coolUntilMs).toISOString() : null,
    budgetLeft: budgetLeft(rule, state, nowMs),
    withheld: state.withheld,
    lastValue: value,
    last,
  }
}

function parsed(text: string): Kept {
  try {
    const found: unknown = JSON.parse(text)
    if (typeof found !== 'object' || found === null) return {}
    return Object.fromEntries(
      Object.entries(found as Kept).filter(
        ([, one]) =>
          Array.isArray(one?.firedMs) &&
          one.firedMs.every(Number.isFinite) &&
          Number.isFinite(one.coolUntilMs),
      ),
    )
  } catch {
    return {}
  }
}
