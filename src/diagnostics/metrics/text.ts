/** What both text formats of Prometheus have in common: numbers, labels, escapes. */

/** As Go reads it: NaN, +Inf, -Inf, or the shortest decimal form. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  if (value === Number.NEGATIVE_INFINITY) return '-Inf'
  return String(value)
}

const quoted = /[\\\n"]/g
const bare = /[\\\n]/g
const escaped = (character: string) => (character === '\n' ? '\\n' : `\\${character}`)

/** For label values, and for help in OpenMetrics. */
export function escapeQuoted(text: string): string {
  return text.replace(quoted, escaped)
}

/** For help in the classic format, where a quotation mark stands for itself. */
export function escapeHelp(text: string): string {
  return text.replace(bare, escaped)
}

export function labelsText(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeQuoted(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}
