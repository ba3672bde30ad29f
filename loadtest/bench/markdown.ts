import type { Spread } from './statistics.ts'

/** A table in the form that the formatter leaves as it is: columns of one width, numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((name, i) => Math.max(3, name.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const padded = (cells: readonly string[]) =>
    line(cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))))
  const rule = line(widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)))
  return `${[padded(header), rule, ...rows.map(padded)].join('\n')}\n`
}

/** Names and what they stand for, without a header. */
export function facts(pairs: readonly (readonly [string, string])[]): string {
  const widths = [0, 1].map((i) => Math.max(3, ...pairs.map((pair) => pair[i]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  const rule = line(widths.map((width) => '-'.repeat(width)))
  return `${[line(['', '']), rule, ...pairs.map(line)].join('\n')}\n`
}

/** `5210 (5100 … 5300)` */
export function spread({ median, min, max }: Spread, digits = 0): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)} … ${max.toFixed(digits)})`
}

/** How what was measured stands to what was aimed for. Where the target lies between the lowest and the highest, nothing is decided. */
export function verdict({ min, max }: Spread, target: number, kind: 'at least' | 'below'): string {
  const goal = `${kind} ${target}`
  const [allReach, noneReach] =
    kind === 'at least' ? [min >= target, max < target] : [max < target, min >= target]
  if (allReach) return `target ${goal}: reached`
  return noneReach
    ? `target ${goal}: **missed**`
    : `target ${goal}: **not decided**, it lies within the spread`
}
