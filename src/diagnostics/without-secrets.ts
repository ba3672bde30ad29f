import { limits } from './limits.ts'
import {
  announcesSecret,
  isSecretName,
  REMOVED,
  textWithoutSecrets,
  wordWithoutSecrets,
} from './secrets-in-text.ts'

export interface Bounds {
  maxDepth: number
  maxEntries: number
  maxCharacters: number
}

/** A bounded copy in plain JSON. What has the name or the looks of a secret, and passwords in addresses, are not in it. */
export function withoutSecrets(value: unknown, bounds: Bounds = limits.vars): unknown {
  let left: number = bounds.maxEntries
  const seen = new Set<object>()

  function copied(one: unknown, depth: number): unknown {
    if (typeof one === 'string') return textWithoutSecrets(one, bounds.maxCharacters)
    if (typeof one === 'bigint') return String(one)
    if (typeof one === 'number') return Number.isFinite(one) ? one : String(one)
    if (typeof one === 'boolean' || one === null) return one
    if (typeof one !== 'object') return undefined
    if (one instanceof Date) return one.toISOString()
    if (seen.has(one)) return '[circular]'
    if (depth >= bounds.maxDepth) return '[deeper]'
    seen.add(one)
    const result = Array.isArray(one) || one instanceof Set ? list([...one], depth) : record(one, depth)
    seen.delete(one)
    return result
  }

  function list(items: readonly unknown[], depth: number): unknown[] {
    const result: unknown[] = []
    for (const item of items) {
      if (left-- <= 0) break
      const before = items[result.length - 1]
      result.push(typeof before === 'string' && announcesSecret(before) ? REMOVED : listed(item, depth))
    }
    return result
  }

  /** A text in a list may be a word of a command line. */
  function listed(item: unknown, depth: number): unknown {
    if (typeof item === 'string') return wordWithoutSecrets(item, bounds.maxCharacters)
    return copied(item, depth + 1) ?? null
  }

  function record(one: object, depth: number): Record<string, unknown> {
    const result: Record<string, unknown> = {}
    const entries =
      one instanceof Map ? [...one].map(([key, item]) => [String(key), item]) : Object.entries(one)
    for (const [name, item] of entries as [string, unknown][]) {
      if (left-- <= 0) break
      const hidden = isSecretName(name) && item !== '' && item !== undefined && typeof item !== 'boolean'
      const shown = hidden ? REMOVED : copied(item, depth + 1)
      if (shown !== undefined) Object.defineProperty(result, name, { value: shown, enumerable: true })
    }
    return result
  }

  return copied(value, 0)
}
