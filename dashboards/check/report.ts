import { styleText } from 'node:util'
import type { Expression } from './expressions.ts'
import type { Verdict } from './judge.ts'

export interface Judged extends Expression {
  verdict: Verdict
}

const COLUMNS = ['sound', 'broken'] as const

/** One line a file, then what is wrong and where. */
export function reportLines(judged: readonly Judged[]): string[] {
  const files = [...new Set(judged.map(({ file }) => file))]
  const width = Math.max(...files.map((file) => file.length), 'expressions in'.length) + 2
  const head = ['expressions in'.padEnd(width), ...COLUMNS.map((name) => name.padStart(9))].join('')
  const row = (name: string, of: readonly Judged[]) =>
    [name.padEnd(width), ...COLUMNS.map((kind) => `${countOf(of, kind)}`.padStart(9))].join('')
  return [
    styleText('bold', head),
    ...files.map((file) =>
      row(
        file,
        judged.filter((expression) => expression.file === file),
      ),
    ),
    row('all', judged),
    ...judged.flatMap(({ file, place, verdict }) => {
      if (verdict.kind !== 'broken') return []
      return ['', `${file}: ${place}: ${styleText('red', verdict.why)}`, `  ${oneLine(verdict.text)}`]
    }),
  ]
}

function countOf(judged: readonly Judged[], kind: Verdict['kind']): number {
  return judged.filter(({ verdict }) => verdict.kind === kind).length
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}
