import { type Budget, JSON_CHARACTER_BYTES } from './budget.ts'
import { makeFrameIndexes } from './frame-indexes.ts'
import type { Stacks } from './stacks.ts'

/** Of one stack, without its frames; of one worker's profile. */
const STACK_BYTES = 60
const PROFILE_BYTES = 400

/**
 * speedscope's own format (file-format-schema.json): one sampled profile for each worker. It knows no weight below zero: of a difference what
 * came and what is gone are profiles of their own, and the first one is opened: what came.
 */
export function speedscopeOf({ stacks, type, unit }: Stacks, name: string, budget: Budget): string {
  const { frames, indexOf } = makeFrameIndexes(budget)
  const profiles = new Map<string, { samples: number[][]; weights: number[] }>()
  const isDifference = stacks.some(({ value }) => value < 0)
  const ordered = isDifference ? stacks.toSorted((a, b) => Math.sign(b.value) - Math.sign(a.value)) : stacks
  for (const stack of ordered) {
    const side = isDifference ? (stack.value < 0 ? ', gone' : ', came') : ''
    const of = `worker ${stack.labels.worker ?? '0'}: ${type}${side}`
    let profile = profiles.get(of)
    if (!profile) {
      budget.spend(PROFILE_BYTES + JSON_CHARACTER_BYTES * of.length)
      profile = { samples: [], weights: [] }
      profiles.set(of, profile)
    }
    budget.spend(STACK_BYTES)
    profile.samples.push(stack.frames.map(indexOf))
    profile.weights.push(Math.abs(stack.value))
  }
  const units: readonly string[] = ['bytes', 'microseconds', 'milliseconds', 'nanoseconds', 'seconds']
  return JSON.stringify({
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    name,
    exporter: 'node-diagnostics',
    activeProfileIndex: 0,
    shared: {
      frames: frames.map(({ name, file, line }) => ({ name, ...(file ? { file, line } : {}) })),
    },
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
