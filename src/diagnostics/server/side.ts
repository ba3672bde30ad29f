/** What routes, thread captures and the `finish` of captures have at hand on the server thread. */
import type { Artifacts } from '../artifacts/store.ts'
import type { Part } from '../captures/capture.ts'
import type { Recorder } from '../flight/recorder.ts'
import type { CallOptions } from '../link/caller.ts'
import type { Fields } from '../link/protocol.ts'
import type { RefusalFields } from '../refusal.ts'
import type { RuleBook } from '../rules/book.ts'
import type { ThreadConfig } from '../thread-config.ts'
import type { OwnSeries } from './own-series.ts'

export interface Asked {
  parts: Part<unknown>[]
  /** Processes that did not answer, or died. */
  missing: { worker: number; refusal: RefusalFields }[]
}

export interface ServerSide {
  config: ThreadConfig
  /** The processes that can be asked, now: 0 is the one that serves. */
  members(): readonly number[]
  /** @throws Refusal; the signal's reason */
  ask(process: number, name: string, params: unknown, options: CallOptions): Promise<unknown>
  /** Asks all, or those given. @throws the first Refusal when nobody answered; the signal's reason */
  askEvery(name: string, params: unknown, options: CallOptions, of?: readonly number[]): Promise<Asked>
  series: OwnSeries
  /** Null where the service named no directory. */
  artifacts: Artifacts | null
  recorder: Recorder
  /** Null where nothing is recorded. */
  rules: RuleBook | null
  log(level: 'info' | 'warn', fields: Fields, message: string): void
}
