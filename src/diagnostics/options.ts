/** What a service says about itself when it mounts the library. Everything but what is marked has a default or may be left out. */
import type { MetricFamily } from './metrics/family.ts'
import type { Rule } from './rules/rule.ts'

/** pino's shape. Nothing is written where it is left out. */
export interface DiagnosticsLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

/** What is asked of each process: the same for the one that serves and those that join it. */
export interface ProcessOptions {
  metrics?: (() => MetricFamily[] | Promise<MetricFamily[]>) | undefined
  /** Named checks for /health: they throw, or return false, when something is wrong. */
  checks?: Readonly<Record<string, () => unknown>> | undefined
  /** Named JSON for /debug/vars. What has the name of a secret is removed. */
  sections?: Readonly<Record<string, () => unknown>> | undefined
  /** Cheap named numbers, read each second by the flight recorder and the live page. */
  gauges?: Readonly<Record<string, () => number>> | undefined
  /**
   * What a gauge's number is made of, in a sentence, by the gauge's name: asked when a rule of it fires, and part of the verdict. It says
   * what is so at that moment; empty for nothing.
   */
  explain?: Readonly<Record<string, () => string>> | undefined
  /**
   * Samples CPU all the time and keeps the last minutes, for /debug/flight and the rules. In a cluster every process says it.
   * @default false
   */
  continuous?: boolean | undefined
  /**
   * Samples the heap from the start, one allocation in 512 KiB, instead of from the first question for it on: what was allocated before that has
   * no stack. In a cluster every process says it.
   * @default false
   */
  heapSampling?: boolean | undefined
  log?: DiagnosticsLog | undefined
  logLevel?: { get(): string; set(level: string): void } | undefined
  /**
   * Takes this process out of traffic before a heap snapshot stops it for seconds, and waits for what is under way, until the deadline at
   * most. One that is not out soon after the deadline is given up.
   *
   * @returns what puts it back; it is called and awaited whatever became of the snapshot
   */
  drain?: ((deadline: AbortSignal) => Promise<() => void | Promise<void>>) | undefined
  /** Where captures may keep what they made; without it nothing is kept. */
  artifactsDir?: string | undefined
}

/** Tokens by scope. Each opens its scope and those below it: metrics < profile < heap. */
export interface ScopedTokens {
  metrics?: string | undefined
  profile?: string | undefined
  heap?: string | undefined
}

/** A chart of the live page: what families of metrics or gauges it shows, by name. */
export interface LiveChart {
  title: string
  families: readonly string[]
  /** @default taken from the first name: `_seconds`, `_bytes`, `_ratio`; counters are shown per second */
  unit?: 's' | 'B' | 'ratio' | '/s' | '' | undefined
}

export interface DiagnosticsOptions extends ProcessOptions {
  /** Another than loopback needs a token. */
  host?: string | undefined
  /** 0 takes a free one. */
  port: number
  token?: string | ScopedTokens | undefined
  /** Host names beside loopback and `host` by which it may be called. */
  allowedHosts?: readonly string[] | undefined
  /** Charts of the application, before those that the live page finds by itself. */
  live?: { charts: readonly LiveChart[] } | undefined
  /** They need `continuous` and `artifactsDir`. @default those of rules/rule.ts; none without a directory */
  rules?: readonly Rule[] | undefined
  /** Of the source that runs: artifacts name it. */
  revision?: string | undefined
}

export interface Diagnostics {
  host: string
  port: number
  stop(): Promise<void>
}
