/** Every question that a process answers: the small ones here, and one for each capture that runs in processes. */
import { captures } from '../captures/registry.ts'
import { makeRotate } from '../flight/rotate.ts'
import { countObjects, heapSize } from '../heap/heap-size.ts'
import { writeSnapshot } from '../heap/write-snapshot.ts'
import { limits } from '../limits.ts'
import type { Handlers } from '../link/answerer.ts'
import type { ProcessOptions } from '../options.ts'
import { runChecks } from './checks.ts'
import { type LiveQuestion, makeLive } from './live.ts'
import { levelOf, setLevel } from './log-level.ts'
import { ownFamilies } from './own-families.ts'
import { sectionsOf } from './sections.ts'
import type { ProcessSide } from './side.ts'

/** @throws whatever the service's own function does */
function explained({ explain = {} }: ProcessOptions, metric: string): string {
  const say = Object.hasOwn(explain, metric) ? explain[metric] : undefined
  return say?.().slice(0, limits.explanationMaxCharacters) ?? ''
}

export function handlersOf(side: ProcessSide): Handlers {
  const { options } = side
  const live = makeLive(options)
  const handlers: Record<string, Handlers[string]> = {
    metrics: async () => [...((await options.metrics?.()) ?? []), ...ownFamilies(side)],
    checks: () => runChecks(options.checks ?? {}),
    vars: () => sectionsOf(options.sections ?? {}),
    gauges: () => Object.entries(options.gauges ?? {}).map(([name, read]) => [name, read()]),
    explain: (metric) => explained(options, String(metric)),
    live: (question) => live(question as LiveQuestion),
    'log-level': () => levelOf(options.logLevel),
    'set-log-level': (level) => setLevel(options.logLevel, String(level)),
    'heap-size': () => heapSize(),
    'count-objects': () => countObjects(),
    'write-heapsnapshot': (path) => writeSnapshot(String(path), options),
    rotate: makeRotate(side),
    cmdline: () => [process.execPath, ...process.execArgv, ...process.argv.slice(1)],
  }
  for (const capture of captures) {
    if (capture.where !== 'one' && capture.where !== 'every') continue
    handlers[`capture:${capture.name}`] = (params, signal) => capture.run(params as never, { side, signal })
  }
  return handlers
}
