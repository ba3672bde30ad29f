/**
 * As much of PromQL's grammar as is needed to see what an expression is made of: its words, the series that it selects, and the
 * parts of a condition. What it says is always a piece of the text, so Prometheus itself judges whether that is PromQL.
 */

interface Token {
  kind: 'word' | 'string' | 'number' | 'operator' | 'open' | 'close' | 'comma'
  text: string
  at: number
}

const PATTERN =
  /(?<space>\s+|#.*)|(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)|(?<number>(?:\d+(?:\.\d+)?(?:e[+-]?\d+|[a-z]+)?)+)|(?<word>[a-zA-Z_:][\w:]*)|(?<operator>==|!=|=~|!~|>=|<=|[-+*/%^><=@:])|(?<open>[({[])|(?<close>[)}\]])|(?<comma>,)/gy

/** @throws where something stands that no PromQL has */
function tokenize(expression: string): Token[] {
  const tokens: Token[] = []
  PATTERN.lastIndex = 0
  while (PATTERN.lastIndex < expression.length) {
    const at = PATTERN.lastIndex
    const found = PATTERN.exec(expression)
    if (found === null) throw new Error(`no PromQL at ${at}: ${expression.slice(at, at + 20)}`)
    const kind = Object.entries(found.groups ?? {}).find(([, text]) => text !== undefined)?.[0]
    if (kind !== 'space') tokens.push({ kind: kind as Token['kind'], text: found[0], at })
  }
  for (const [at, { kind }] of tokens.entries()) if (kind === 'open') closeOf(tokens, at)
  return tokens
}

const SET_OPERATORS = new Set(['and', 'or', 'unless'])
const COMPARISONS = new Set(['==', '!=', '>', '<', '>=', '<='])
/** Words that a list of labels follows. */
const LABEL_LISTS = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right'])
const KEYWORDS = new Set([...SET_OPERATORS, ...LABEL_LISTS, 'bool', 'offset', 'inf', 'nan'])
const AGGREGATIONS = new Set(
  'sum min max avg count stddev stdvar group topk bottomk quantile count_values'.split(' '),
)

/** Each choice of series in the expression, without its range: `up{job="floodgate"}`. */
export function selectorsOf(expression: string): string[] {
  const tokens = tokenize(expression)
  const selectors: string[] = []
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as Token
    // A range: durations only.
    if (token.text === '[') i = closeOf(tokens, i)
    if (token.kind !== 'word') continue
    const next = tokens[i + 1]
    const word = token.text.toLowerCase()
    if (LABEL_LISTS.has(word) && next?.text === '(') i = closeOf(tokens, i + 1)
    else if (KEYWORDS.has(word) || AGGREGATIONS.has(word) || next?.text === '(') continue
    else {
      const end = next?.text === '{' ? closeOf(tokens, i + 1) : i
      selectors.push(textOf(expression, tokens, i, end + 1))
      i = end
    }
  }
  return selectors
}

export function metricOf(selector: string): string {
  return /^[\w:]+/.exec(selector)?.[0] ?? ''
}

export function metricsOf(expression: string): string[] {
  return [...new Set(selectorsOf(expression).map(metricOf))]
}

/**
 * What a condition compares, without the limits: the operands of `and`, `or`, `unless` and of comparisons, however deep in
 * parentheses, and what `absent` looks for. When a service is well the condition has no value, but each of these has one.
 * Numbers are left out.
 */
export function partsOf(condition: string): string[] {
  const tokens = tokenize(condition)
  return [...new Set(split(condition, tokens, 0, tokens.length))]
}

function split(text: string, tokens: readonly Token[], from: number, to: number): string[] {
  const first = tokens[from]
  if (first === undefined || to <= from) return []
  if (first.text === '(' && closeOf(tokens, from) === to - 1) return split(text, tokens, from + 1, to - 1)
  for (const operators of [SET_OPERATORS, COMPARISONS]) {
    const pieces = splitAt(tokens, from, to, operators)
    if (pieces.length > 1) return pieces.flatMap(([start, end]) => split(text, tokens, start, end))
  }
  if (/^absent(_over_time)?$/.test(first.text) && closeOf(tokens, from + 1) === to - 1)
    return split(text, tokens, from + 2, to - 1)
  const piece = textOf(text, tokens, from, to)
  return selectorsOf(piece).length > 0 ? [piece] : []
}

/** Ranges of tokens between the operators that stand outside of all parentheses. */
function splitAt(
  tokens: readonly Token[],
  from: number,
  to: number,
  operators: ReadonlySet<string>,
): [number, number][] {
  const pieces: [number, number][] = []
  let start = from
  for (let i = from; i < to; i++) {
    const token = tokens[i] as Token
    if (token.kind === 'open') i = closeOf(tokens, i)
    else if (operators.has(token.text)) {
      pieces.push([start, i])
      start = afterModifiers(tokens, i + 1)
      i = start - 1
    }
  }
  return [...pieces, [start, to]]
}

/** Past `bool`, `on (…)`, `group_left (…)` and their like. */
function afterModifiers(tokens: readonly Token[], from: number): number {
  let at = from
  for (;;) {
    const word = tokens[at]?.text.toLowerCase() ?? ''
    if (word === 'bool') at++
    else if (LABEL_LISTS.has(word)) at = tokens[at + 1]?.text === '(' ? closeOf(tokens, at + 1) + 1 : at + 1
    else return at
  }
}

/** @throws when what is opened there is not closed */
function closeOf(tokens: readonly Token[], open: number): number {
  let depth = 0
  for (let i = open; i < tokens.length; i++) {
    if (tokens[i]?.kind === 'open') depth++
    else if (tokens[i]?.kind === 'close' && --depth === 0) return i
  }
  throw new Error('a parenthesis is not closed')
}

function textOf(text: string, tokens: readonly Token[], from: number, to: number): string {
  const last = tokens[to - 1] as Token
  return text.slice(tokens[from]?.at, last.at + last.text.length)
}
