import { isValid, type MetricFamily } from './family.ts'
import { escapeHelp, labelsText, numberText } from './text.ts'

export const CLASSIC_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Prometheus text 0.0.4. It knows no exemplars. */
export function renderClassic(families: readonly MetricFamily[]): string {
  const lines: string[] = []
  for (const family of families.filter(isValid)) {
    const { name, help, type, samples } = family
    lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`)
    for (const { suffix, labels, value } of samples) {
      lines.push(`${name}${suffix}${labelsText(labels)} ${numberText(value)}`)
    }
  }
  return `${lines.join('\n')}\n`
}
