/** Questions to Prometheus, over its HTTP API. */
const TIMEOUT_MS = 30_000

export interface Asker {
  /** How many series had a value, not NaN, within the time; @throws with Prometheus's own words when it cannot be parsed. */
  seriesWithData(expression: string, time: Time): Promise<number>
  /** Exemplars of these series that name a trace. */
  exemplarsWithTrace(selector: string, time: Time): Promise<number>
  /** Rules that could not be evaluated, with why. */
  failedRules(): Promise<{ name: string; why: string }[]>
  /** Targets that are scraped, by whether they answer. */
  targets(): Promise<{ up: number; down: string[] }>
}

/** Seconds since 1970. */
export interface Time {
  from: number
  to: number
}

const STEP_SECONDS = 3

export function askPrometheus(url: string): Asker {
  async function get<Data>(path: string, parameters: Record<string, string | number> = {}): Promise<Data> {
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries(parameters)) query.set(name, `${value}`)
    // As a form: an expression may be longer than an address.
    const response = await fetch(`${url}/api/v1/${path}`, {
      ...(query.size > 0 && { method: 'POST', body: query }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const answer = (await response.json()) as { status: string; error?: string; data: Data }
    if (answer.status !== 'success')
      throw new Error(answer.error ?? `${path} was answered ${response.status}`)
    return answer.data
  }

  return {
    async seriesWithData(query, { from: start, to: end }) {
      const { result } = await get<{ result: { values: [number, string][] }[] }>('query_range', {
        ...{ query, start, end },
        step: STEP_SECONDS,
      })
      return result.filter(({ values }) => values.some(([, value]) => value !== 'NaN')).length
    },
    async exemplarsWithTrace(query, { from: start, to: end }) {
      const series = await get<{ exemplars: { labels: Record<string, string> }[] }[]>('query_exemplars', {
        ...{ query, start, end },
      })
      const labels = series.flatMap(({ exemplars }) => exemplars.map((exemplar) => exemplar.labels))
      return labels.filter(({ trace_id }) => /^[0-9a-f]{32}$/.test(trace_id ?? '')).length
    },
    async failedRules() {
      const { groups } = await get<{ groups: { rules: RuleState[] }[] }>('rules')
      return groups
        .flatMap(({ rules }) => rules)
        .filter(({ health }) => health !== 'ok')
        .map(({ name, health, lastError }) => ({ name, why: lastError ?? health }))
    },
    async targets() {
      const { activeTargets } = await get<{ activeTargets: TargetState[] }>('targets')
      const down = activeTargets.filter(({ health }) => health !== 'up')
      return {
        up: activeTargets.length - down.length,
        down: down.map(({ scrapeUrl, lastError }) => `${scrapeUrl}: ${lastError}`),
      }
    },
  }
}

interface RuleState {
  name: string
  health: string
  lastError?: string
}

interface TargetState {
  health: string
  scrapeUrl: string
  lastError: string
}
