/** What Grafana would put in the place of a dashboard's variables, for a reader who chose nothing. */
export interface Choice {
  job: string
  target: number
  rangeSeconds: number
}

/** Two scrapes and more lie in it. */
const RATE_INTERVAL = '10s'

/** @throws for a variable that it does not know */
export function fillIn(expression: string, { job, target, rangeSeconds }: Choice): string {
  const values: Record<string, string> = {
    job,
    instance: '.*',
    testid: '.*',
    target: `${target}`,
    __rate_interval: RATE_INTERVAL,
    __range: `${rangeSeconds}s`,
  }
  return expression.replaceAll(/\$\{?(\w+)\}?/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`no value for $${name}`)
    return value
  })
}
