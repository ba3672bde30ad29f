/**
 * A capture: one way to look into running processes. Each is one file that exports what `defineCapture` returns, and one line in
 * registry.ts. Authorization, bounds, exclusion, cancellation, cost headers, metrics and the audit log are done for it.
 *
 * Every thread concerned loads the file: what is heavy is imported inside the functions.
 */

import type { BesideSide } from '../beside/side.ts'
import type { Cost, Scope } from '../link/protocol.ts'
import type { ProcessSide } from '../process/side.ts'
import type { ServerSide } from '../server/side.ts'
import type { ParamSpecs, ParamsOf } from './params.ts'

export interface Answer {
  contentType: string
  body: string | Uint8Array | AsyncIterable<Uint8Array>
  /** Makes a browser save it. */
  fileName?: string
  headers?: Record<string, string>
}

/** What one process gave. */
export interface Part<V> {
  worker: number
  value: V
}

interface Described<S extends ParamSpecs> {
  /** Of the metrics, the audit log and the exclusion: heap, goroutine, … */
  name: string
  route: string
  method: 'GET' | 'POST'
  scope: Scope
  params: S
  /** One sentence for the index: what it shows. */
  shows: string
  /** One sentence for the index: what it costs the process. */
  cost: string
  /** How long it watches, without the work before and after. @default at once */
  durationMs?: (params: ParamsOf<S>) => number
  /** Refuses what is known not to be possible, before anything begins. @throws Refusal */
  check?: (params: ParamsOf<S>, server: ServerSide) => void
  /** Captures of one key exclude each other: those that share a sampler. @default the name */
  exclusive?: string
}

/** Runs on the main thread: of one process (`one`: ?worker=, or the first), or of `every` process. */
export interface ProcessCapture<S extends ParamSpecs, V> extends Described<S> {
  where: 'one' | 'every'
  /** In the process. The value is plain data: it crosses threads and processes. */
  run(
    params: ParamsOf<S>,
    context: { side: ProcessSide; signal: AbortSignal },
  ): Promise<{ value: V; cost: Cost }>
  /** On the server thread: makes the answer of what the processes gave; there is one part at least. */
  finish(parts: Part<V>[], params: ParamsOf<S>, server: ServerSide): Answer | Promise<Answer>
}

/** Runs on the thread beside the main thread of every process (or of ?worker=), so also while that is blocked. */
export interface BesideCapture<S extends ParamSpecs, V> extends Described<S> {
  where: 'beside'
  /** Beside the process. The value is plain data. `node:inspector` can connect to the main thread from here. */
  run(
    params: ParamsOf<S>,
    context: { side: BesideSide; signal: AbortSignal },
  ): Promise<{ value: V; cost: Cost }>
  finish: ProcessCapture<S, V>['finish']
}

/** Runs on the server thread, once, and asks processes itself where it needs them. */
export interface ServerCapture<S extends ParamSpecs> extends Described<S> {
  where: 'server'
  run(
    params: ParamsOf<S>,
    context: { server: ServerSide; signal: AbortSignal; acceptsGzip: boolean },
  ): Promise<{ answer: Answer; cost: Cost }>
}

export type Capture<S extends ParamSpecs = ParamSpecs, V = unknown> =
  | ProcessCapture<S, V>
  | BesideCapture<S, V>
  | ServerCapture<S>

/** Checks the types of one capture and forgets them, so that the registry is a plain list. */
export function defineCapture<const S extends ParamSpecs, V>(capture: ProcessCapture<S, V>): Capture
export function defineCapture<const S extends ParamSpecs, V>(capture: BesideCapture<S, V>): Capture
export function defineCapture<const S extends ParamSpecs>(capture: ServerCapture<S>): Capture
export function defineCapture(capture: unknown): Capture {
  return capture as Capture
}
