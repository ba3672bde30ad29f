import { limits } from './limits.ts'

const SECRET_NAME =
  /secret|token|passw|pwd|credential|authorization|cookie|signature|dsn|jwt|private|(^|[_-])auth|api_?key|([_-]|^)key$|Key$/i
/** user:password@ of an address. */
const PASSWORD_IN_URL = /([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*:[^\s/@]*@/gi
const PEM = /-----BEGIN [^-]*-----/
export const REMOVED = '[removed]'

/** What a secret looks like inside of a text: a JWT, what follows Bearer or Basic, the value of an argument with a secret's name. */
const SECRET_TEXT =
  /\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*|\b(?:Bearer|Basic) [\w.~+/=-]{8,}|(?<=--?[\w-]*(?:secret|token|passw|api-?key)[\w-]*=)\S+/gi
/** An argument whose value is the next one. */
const SECRET_ARGUMENT = /^--?[\w-]*(?:secret|token|passw|api-?key)[\w-]*$/i

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
    if (typeof one === 'string') return text(one, bounds.maxCharacters)
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
      const hidden = SECRET_ARGUMENT.test(String(items[result.length - 1] ?? ''))
      result.push(hidden ? REMOVED : (copied(item, depth + 1) ?? null))
    }
    return result
  }

  function record(one: object, depth: number): Record<string, unknown> {
    const result: Record<string, unknown> = {}
    const entries =
      one instanceof Map ? [...one].map(([key, item]) => [String(key), item]) : Object.entries(one)
    for (const [name, item] of entries as [string, unknown][]) {
      if (left-- <= 0) break
      const hidden = SECRET_NAME.test(name) && item !== '' && item !== undefined && typeof item !== 'boolean'
      const shown = hidden ? REMOVED : copied(item, depth + 1)
      if (shown !== undefined) Object.defineProperty(result, name, { value: shown, enumerable: true })
    }
    return result
  }

  return copied(value, 0)
}

function text(value: string, maxCharacters: number): string {
  if (PEM.test(value)) return REMOVED
  const plain = value.replaceAll(PASSWORD_IN_URL, `$1${REMOVED}@`).replaceAll(SECRET_TEXT, REMOVED)
  return plain.length > maxCharacters ? `${plain.slice(0, maxCharacters)}…` : plain
}
