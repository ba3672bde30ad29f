import type { Artifacts } from '../artifacts/store.ts'
import type { Recorder } from '../flight/recorder.ts'
import type { Caller } from '../link/caller.ts'
import { Refusal, refusalOf } from '../refusal.ts'
import type { RuleBook } from '../rules/book.ts'
import type { ThreadConfig } from '../thread-config.ts'
import { payer } from './bill.ts'
import type { OwnSeries } from './own-series.ts'
import type { Asked, ServerSide } from './side.ts'

export function makeServerSide(deps: {
  config: ThreadConfig
  /** To the main threads. */
  caller: Caller
  /** To the threads beside them. */
  beside: Caller
  members(): readonly number[]
  series: OwnSeries
  artifacts: Artifacts | null
  recorder: Recorder
  rules: RuleBook | null
  log: ServerSide['log']
}): ServerSide {
  const { caller, beside, members } = deps
  const ask: Caller['ask'] = (process, name, params, options) =>
    (name.startsWith('beside:') ? beside : caller).ask(process, name, params, { ...options, onCost: payer() })
  return {
    ...deps,
    ask,
    async askEvery(name, params, options, of = members()) {
      const answers = await Promise.allSettled(of.map((process) => ask(process, name, params, options)))
      options.signal?.throwIfAborted()
      const asked: Asked = { parts: [], missing: [] }
      answers.forEach((answer, index) => {
        const worker = of[index] ?? 0
        if (answer.status === 'fulfilled') asked.parts.push({ worker, value: answer.value })
        else asked.missing.push({ worker, refusal: refusalOf(answer.reason) })
      })
      const [first] = asked.missing
      if (asked.parts.length === 0 && first) throw new Refusal(first.refusal)
      return asked
    },
  }
}
