/** What the main thread tells the server thread at its start. Tokens come as hashes only. */
import { createHash } from 'node:crypto'
import type { MessagePort } from 'node:worker_threads'
import { limits } from './limits.ts'
import type { Scope } from './link/protocol.ts'
import type { DiagnosticsOptions, LiveChart } from './options.ts'
import { checkRules, defaultRules, type Rule } from './rules/rule.ts'
import { isLoopback } from './server/host.ts'
import type { Shared } from './shared.ts'

export interface ThreadConfig {
  host: string
  port: number
  tokens: { scope: Scope; hash: Uint8Array }[]
  allowedHosts: string[]
  artifactsDir: string | null
  charts: readonly LiveChart[]
  continuous: boolean
  rules: Rule[]
  revision: string | null
}

export interface ServerData {
  role: 'server'
  config: ThreadConfig
  port: MessagePort
  shared: Shared
}

export const scopes: readonly Scope[] = ['metrics', 'profile', 'heap']

/** @throws Error in words for whoever starts the service: a short token, or an address that is open without one */
export function threadConfig(options: DiagnosticsOptions): ThreadConfig {
  const {
    host = limits.host,
    port,
    token,
    allowedHosts = [],
    artifactsDir,
    live,
    continuous = false,
  } = options
  const tokens = tokensOf(token)
  if (tokens.length === 0 && !isLoopback(host)) {
    throw new Error(
      `diagnostics on ${host} are open to others: set a token (${limits.tokenMinCharacters} characters at least), or listen on 127.0.0.1`,
    )
  }
  return {
    host,
    port,
    tokens,
    allowedHosts: allowedHosts.map((name) => name.toLowerCase()),
    artifactsDir: artifactsDir ?? null,
    charts: (live?.charts ?? []).slice(0, limits.liveChartsMax),
    continuous,
    rules: rulesOf(options),
    revision: options.revision ?? null,
  }
}

function rulesOf({ rules, artifactsDir, continuous }: DiagnosticsOptions): Rule[] {
  if (rules && rules.length > 0) {
    if (!continuous) throw new Error('diagnostics rules need continuous profiling: set continuous')
    if (!artifactsDir)
      throw new Error('diagnostics rules need a place for what they capture: set artifactsDir')
  }
  return [...checkRules(rules ?? (artifactsDir ? defaultRules : []))]
}

function tokensOf(token: DiagnosticsOptions['token']): ThreadConfig['tokens'] {
  const given = typeof token === 'string' ? { heap: token } : (token ?? {})
  return scopes.flatMap((scope) => {
    const text = given[scope]
    if (text === undefined || text === '') return []
    if (text.length < limits.tokenMinCharacters) {
      throw new Error(
        `the diagnostics token of scope ${scope} must have ${limits.tokenMinCharacters} characters at least`,
      )
    }
    return [{ scope, hash: hashOf(text) }]
  })
}

export function hashOf(token: string): Uint8Array {
  return createHash('sha256').update(token).digest()
}
