import type { Stacks } from './stacks.ts'

/** speedscope's own format (file-format-schema.json): one sampled profile for each worker. */
export function speedscopeOf({ stacks, type, unit }: Stacks, name: string): string {
  const frames: { name: string; file?: string; line?: number }[] = []
  const indexes = new Map<string, number>()
  const workers = new Map<string, { samples: number[][]; weights: number[] }>()
  for (const stack of stacks) {
    const worker = stack.labels.worker ?? '0'
    let profile = workers.get(worker)
    if (!profile) {
      profile = { samples: [], weights: [] }
      workers.set(worker, profile)
    }
    profile.samples.push(
      stack.frames.map((frame) => {
        const key = `${frame.name}\n${frame.file}\n${frame.line}`
        let index = indexes.get(key)
        if (index === undefined) {
          index = frames.length
          indexes.set(key, index)
          frames.push({ name: frame.name, ...(frame.file ? { file: frame.file, line: frame.line } : {}) })
        }
        return index
      }),
    )
    profile.weights.push(stack.value)
  }
  const units: readonly string[] = ['bytes', 'microseconds', 'milliseconds', 'nanoseconds', 'seconds']
  return JSON.stringify({
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    name,
    exporter: 'node-diagnostics',
    activeProfileIndex: 0,
    shared: { frames },
    profiles: [...workers].map(([worker, { samples, weights }]) => ({
      type: 'sampled',
      name: `worker ${worker}: ${type}`,
      unit: units.includes(unit) ? unit : 'none',
      startValue: 0,
      endValue: weights.reduce((sum, weight) => sum + weight, 0),
      samples,
      weights,
    })),
  })
}
