import type { Stacks } from './stacks.ts'

/**
 * speedscope's own format (file-format-schema.json): one sampled profile for each worker. It knows no weight below zero: of a difference what
 * came and what is gone are profiles of their own, and the first one is opened: what came.
 */
export function speedscopeOf({ stacks, type, unit }: Stacks, name: string): string {
  const frames: { name: string; file?: string; line?: number }[] = []
  const indexes = new Map<string, number>()
  const profiles = new Map<string, { samples: number[][]; weights: number[] }>()
  const isDifference = stacks.some(({ value }) => value < 0)
  const ordered = isDifference ? stacks.toSorted((a, b) => Math.sign(b.value) - Math.sign(a.value)) : stacks
  for (const stack of ordered) {
    const side = isDifference ? (stack.value < 0 ? ', gone' : ', came') : ''
    const of = `worker ${stack.labels.worker ?? '0'}: ${type}${side}`
    let profile = profiles.get(of)
    if (!profile) {
      profile = { samples: [], weights: [] }
      profiles.set(of, profile)
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
    profile.weights.push(Math.abs(stack.value))
  }
  const units: readonly string[] = ['bytes', 'microseconds', 'milliseconds', 'nanoseconds', 'seconds']
  return JSON.stringify({
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    name,
    exporter: 'node-diagnostics',
    activeProfileIndex: 0,
    shared: { frames },
    profiles: [...profiles].map(([named, { samples, weights }]) => ({
      type: 'sampled',
      name: named,
      unit: units.includes(unit) ? unit : 'none',
      startValue: 0,
      endValue: weights.reduce((sum, weight) => sum + weight, 0),
      samples,
      weights,
    })),
  })
}
