/** What the server thread and the processes say to each other. Plain data: it passes a MessagePort and, serialized, process IPC. */
import type { News } from '../flight/news.ts'
import type { RefusalFields } from '../refusal.ts'

export type Scope = 'metrics' | 'profile' | 'heap'
export type Fields = Record<string, unknown>

export interface Call {
  kind: 'call'
  id: number
  process: number
  name: string
  params: unknown
}

/** Whoever asked went away or has waited long enough. */
export interface Cancel {
  kind: 'cancel'
  id: number
  process: number
}

export type Reply = { kind: 'reply'; id: number; process: number } & (
  | { ok: true; value: unknown; cost?: Cost }
  | { ok: false; refusal: RefusalFields }
)

/** What a process tells of itself without being asked; it goes by the thread beside it, so past other main threads. */
export interface Told {
  kind: 'told'
  process: number
  news: News
}

/** The processes that can be asked, now. 0 is the one that the server runs in. */
export interface Members {
  kind: 'members'
  processes: number[]
}

export interface Stop {
  kind: 'stop'
}

/** Where the threads beside workers can reach the server thread. */
export interface Meeting {
  kind: 'meeting'
  path: string
  secret: string
}

export interface Listening {
  kind: 'listening'
  port: number
}

export interface StartFailed {
  kind: 'start_failed'
  message: string
  code: string | undefined
}

export interface LogLine {
  kind: 'log'
  level: 'info' | 'warn'
  fields: Fields
  message: string
}

export type ToThread = Reply | Told | Members | Stop
export type FromThread = Call | Cancel | Meeting | Listening | StartFailed | LogLine

/** What a question cost the process that answered it. */
export interface Cost {
  /** The longest time that the main thread did nothing else. */
  stallMs: number
  cpuMs: number
  /** Memory that it took beside the application's, as well as it is known. */
  peakBytes: number
}
