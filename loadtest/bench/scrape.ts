const TIMEOUT_MS = 5000

/** One reading of a /metrics page (Prometheus text): samples by their name with labels, as they are written there. */
export type Scrape = ReadonlyMap<string, number>

export async function scrape(diagnosticsUrl: string): Promise<Scrape> {
  const response = await fetch(`${diagnosticsUrl}/metrics`, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (!response.ok) throw new Error(`${diagnosticsUrl}/metrics answered ${response.status}`)
  return parseMetrics(await response.text())
}

export function parseMetrics(text: string): Scrape {
  const samples = new Map<string, number>()
  for (const line of text.split('\n')) {
    const blank = line.lastIndexOf(' ')
    if (blank > 0 && !line.startsWith('#')) samples.set(line.slice(0, blank), Number(line.slice(blank + 1)))
  }
  return samples
}

/** How much a counter grew between two readings; one that was not there yet began at 0. */
export function growth(before: Scrape, after: Scrape, name: string): number {
  return (after.get(name) ?? 0) - (before.get(name) ?? 0)
}
