/** Reads OpenMetrics 1.0 strictly: what the grammar does not allow throws. */

export interface ParsedSample {
  name: string
  labels: Record<string, string>
  value: string
  exemplar?: { labels: Record<string, string>; value: number; timestampSeconds: number }
}

export interface ParsedFamily {
  name: string
  help: string
  type: string
  samples: ParsedSample[]
}

const NUMBER = '(?:[+-]?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?|[+-]Inf|NaN)'
const LABELS = '\\{(?:[a-zA-Z_]\\w*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*",?)*\\}'
const SAMPLE = new RegExp(
  `^([a-zA-Z_:][\\w:]*)(${LABELS})? (${NUMBER})(?: # (${LABELS}) (${NUMBER})(?: (\\d+(?:\\.\\d+)?))?)?$`,
)
const suffixes: Record<string, readonly string[]> = {
  counter: ['_total', '_created'],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count', '_created'],
  summary: ['', '_sum', '_count', '_created'],
}

export function parseOpenMetrics(page: string): ParsedFamily[] {
  const lines = page.split('\n')
  if (lines.pop() !== '' || lines.pop() !== '# EOF')
    throw new Error('the page must end in # EOF and a line feed')
  const families: ParsedFamily[] = []
  for (const line of lines) {
    const help = /^# HELP (\S+) ((?:[^"\\]|\\[\\"n])*)$/.exec(line)
    const type = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line)
    const sample = SAMPLE.exec(line)
    const current = families.at(-1)
    if (help) {
      if (families.some(({ name }) => name === help[1])) throw new Error(`${help[1]} comes twice`)
      families.push({ name: help[1] as string, help: help[2] as string, type: '', samples: [] })
    } else if (type && current?.name === type[1] && current?.type === '') current.type = type[2] as string
    else if (sample && current) current.samples.push(sampleOf(sample, current))
    else throw new Error(`not OpenMetrics: ${line}`)
  }
  return families
}

function sampleOf(
  [, name = '', labels, value = '', exLabels, exValue, exTime]: RegExpExecArray,
  family: ParsedFamily,
) {
  const suffix = name.slice(family.name.length)
  if (!name.startsWith(family.name) || !suffixes[family.type]?.includes(suffix))
    throw new Error(`${name} does not belong to ${family.type} ${family.name}`)
  const parsed: ParsedSample = { name, labels: labelsOf(labels), value }
  if (exLabels !== undefined) {
    if (suffix !== '_bucket' && suffix !== '_total') throw new Error(`${name} has an exemplar`)
    const of = labelsOf(exLabels)
    if ([...Object.entries(of).flat().join('')].length > 128) throw new Error('an exemplar is too long')
    parsed.exemplar = { labels: of, value: Number(exValue), timestampSeconds: Number(exTime) }
  }
  return parsed
}

function labelsOf(text = '{}'): Record<string, string> {
  const pairs = [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)]
  return Object.fromEntries(
    pairs.map(([, name, value = '']) => [
      name,
      value.replaceAll(/\\(.)/g, (_, one) => (one === 'n' ? '\n' : one)),
    ]),
  )
}
