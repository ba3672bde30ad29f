import { type Exemplar, isValid, type MetricFamily, type MetricSample } from './family.ts'
import { escapeQuoted, labelsText, numberText } from './text.ts'

export const OPENMETRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

/** OpenMetrics 1.0: names and values of an exemplar's labels together have this many characters at most. */
const EXEMPLAR_MAX_CHARACTERS = 128

/** OpenMetrics 1.0 with exemplars: a counter's family goes without `_total`, its samples with it. */
export function renderOpenMetrics(families: readonly MetricFamily[]): string {
  const lines: string[] = []
  for (const family of families.filter(isValid)) {
    const { help, type, samples } = family
    const name = type === 'counter' ? family.name.replace(/_total$/, '') : family.name
    lines.push(`# HELP ${name} ${escapeQuoted(help)}`, `# TYPE ${name} ${type}`)
    for (const sample of samples) {
      const suffix = type === 'counter' ? '_total' : sample.suffix
      const line = `${name}${suffix}${labelsText(sample.labels)} ${numberText(sample.value)}`
      lines.push(line + exemplarText(type, sample))
    }
  }
  return `${[...lines, '# EOF'].join('\n')}\n`
}

function exemplarText(type: MetricFamily['type'], { suffix, exemplar }: MetricSample): string {
  if (!exemplar || (type !== 'counter' && suffix !== '_bucket') || isTooLong(exemplar)) return ''
  const labels = labelsText(exemplar.labels) || '{}'
  return ` # ${labels} ${numberText(exemplar.value)} ${exemplar.timestampSeconds.toFixed(3)}`
}

function isTooLong({ labels }: Exemplar): boolean {
  const text = Object.entries(labels).flat().join('')
  return [...text].length > EXEMPLAR_MAX_CHARACTERS
}
