import { limits } from './limits.ts'

const SECRET_NAME =
  /secret|token|passw|pwd|credential|authorization|cookie|signature|dsn|jwt|private|(^|[_-])auth|api_?key|([_-]|^)key$|Key$/i
/** user:password@ of an address. */
const PASSWORD_IN_URL = /([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*:[^\s/@]*@/gi
const PEM = /-----BEGIN [^-]*-----/
export const REMOVED = '[removed]'

/** A bounded copy in plain JSON. What has the name of a secret, and passwords in addresses, are not in it. */
export function withoutSecrets(value: unknown): unknown {
  let left: number = limits.varsMaxEntries
  const seen = new Set<object>()

  function copied(one: unknown, depth: number): unknown {
    if (typeof one === 'string') return text(one)
    if (typeof one === 'bigint') return String(one)
    if (typeof one === 'number') return Number.isFinite(one) ? one : String(one)
    if (typeof one === 'boolean' || one === null) return one
    if (typeof one !== 'object') return undefined
    if (one instanceof Date) return one.toISOString()
    if (seen.has(one)) return '[circular]'
    if (depth >= limits.varsMaxDepth) return '[deeper]'
    seen.add(one)
    const result = Array.isArray(one) || one instanceof Set ? list([...one], depth) : record(one, depth)
    seen.delete(one)
    return result
  }

  function list(items: readonly unknown[], depth: number): unknown[] {
    const result: unknown[] = []
    for (const item of items) {
      if (left-- <= 0) break
      result.push(copied(item, depth + 1) ?? null)
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

function text(value: string): string {
  if (PEM.test(value)) return REMOVED
  const plain = value.replaceAll(PASSWORD_IN_URL, `$1${REMOVED}@`)
  return plain.length > limits.varsMaxCharacters ? `${plain.slice(0, limits.varsMaxCharacters)}…` : plain
}
