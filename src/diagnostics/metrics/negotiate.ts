/** Whether a scraper that sends this Accept header gets OpenMetrics: it names it, and likes nothing better. */
export function prefersOpenMetrics(accept: string | undefined): boolean {
  let open = 0
  let classic = 0
  for (const range of (accept ?? '').split(',').slice(0, 20)) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const of = new Map(parameters.map((parameter) => parameter.split('=', 2) as [string, string | undefined]))
    const quality = qualityOf(of.get('q'))
    const version = of.get('version')
    if (type === 'application/openmetrics-text' && [undefined, '1.0.0', '0.0.1'].includes(version))
      open = Math.max(open, quality)
    if (type === 'text/plain' && (version === undefined || version === '0.0.4'))
      classic = Math.max(classic, quality)
  }
  return open > 0 && open >= classic
}

function qualityOf(text: string | undefined): number {
  if (text === undefined) return 1
  const quality = Number(text)
  return quality >= 0 && quality <= 1 ? quality : 0
}
