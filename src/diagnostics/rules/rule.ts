/** A rule captures by itself: when a number stays above a bound, the flight recorder's last minute is kept. */

export const metrics = [
  'cpu',
  'loop_delay_p99_ms',
  'rss_ratio',
  'heap_slope_mib_per_min',
  'route_p99_ms',
] as const

const watches = ['heap', 'allocations', 'waits', 'resources', 'nothing'] as const

export interface Rule {
  /** Lower-case letters, digits and dashes: it is part of the artifact's name. */
  name: string
  /**
   * cpu (cores of a process), loop_delay_p99_ms, rss_ratio (of the memory limit, all processes), heap_slope_mib_per_min, route_p99_ms (of
   * what noteRequest was told), or the name of a gauge. Of several processes the highest counts.
   */
  metric: (typeof metrics)[number] | (string & {})
  above: number
  /** As long without a break. */
  forSeconds: number
  /** After it fired it is armed again below this. @default 0.8 of `above` */
  rearmBelow?: number
  /** And not before so long after it fired. */
  coolDownSeconds: number
  /** Across restarts, where there is a directory. */
  maxPerHour: number
  /**
   * What is looked at beside the CPU when it fires, for some seconds. @default heap for rules of memory, waits for those of routes,
   * allocations where much of the CPU was for garbage, nothing otherwise
   */
  watch?: (typeof watches)[number] | undefined
}

const RULES_MAX = 32

/** What a service watches that says nothing else: bounds that a healthy one does not reach. */
export const defaultRules: readonly Rule[] = [
  { name: 'cpu', metric: 'cpu', above: 0.95, forSeconds: 15, coolDownSeconds: 300, maxPerHour: 4 },
  {
    name: 'loop-delay',
    metric: 'loop_delay_p99_ms',
    above: 250,
    forSeconds: 3,
    coolDownSeconds: 300,
    maxPerHour: 4,
  },
  { name: 'memory', metric: 'rss_ratio', above: 0.85, forSeconds: 30, coolDownSeconds: 900, maxPerHour: 2 },
  {
    name: 'heap-growth',
    metric: 'heap_slope_mib_per_min',
    above: 64,
    forSeconds: 120,
    coolDownSeconds: 900,
    maxPerHour: 2,
  },
  // What would fill a gibibyte in four minutes is told sooner.
  {
    name: 'heap-burst',
    metric: 'heap_slope_mib_per_min',
    above: 256,
    forSeconds: 5,
    coolDownSeconds: 900,
    maxPerHour: 2,
  },
  {
    name: 'slow-route',
    metric: 'route_p99_ms',
    above: 2000,
    forSeconds: 5,
    coolDownSeconds: 300,
    maxPerHour: 4,
  },
]

export function rearmBelowOf({ above, rearmBelow }: Rule): number {
  return rearmBelow ?? above - 0.2 * Math.abs(above)
}

/** @throws Error in words for whoever starts the service */
export function checkRules(rules: readonly Rule[]): readonly Rule[] {
  if (rules.length > RULES_MAX) throw new Error(`there are ${rules.length} rules; ${RULES_MAX} at most`)
  const names = new Set<string>()
  for (const rule of rules) {
    const { name, metric, above, forSeconds, coolDownSeconds, maxPerHour } = rule
    const wrong = (why: string) => new Error(`rule ${JSON.stringify(name)}: ${why}`)
    if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(name)) throw wrong('a name has a-z, 0-9 and -, 40 at most')
    if (names.has(name)) throw wrong('there are two of that name')
    names.add(name)
    if (typeof metric !== 'string' || metric === '') throw wrong('metric is missing')
    if (!Number.isFinite(above)) throw wrong('above must be a number')
    if (!(rearmBelowOf(rule) <= above)) throw wrong('rearmBelow must not be above `above`')
    if (!(forSeconds >= 0 && forSeconds <= 3600)) throw wrong('forSeconds must be 0 to 3600')
    if (!(coolDownSeconds >= 0 && coolDownSeconds <= 86_400))
      throw wrong('coolDownSeconds must be 0 to 86400')
    if (rule.watch !== undefined && !watches.includes(rule.watch))
      throw wrong(`watch must be one of ${watches.join(', ')}`)
    if (!(Number.isInteger(maxPerHour) && maxPerHour >= 1 && maxPerHour <= 60))
      throw wrong('maxPerHour must be 1 to 60')
  }
  return rules
}
