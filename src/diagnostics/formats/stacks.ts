/** A decoded profile as the other formats want it: stacks of frames, root first, with the values of one sample type. */
import type { Profile } from 'pprof-format'
import { signedValue } from '../profiles/value.ts'
import type { Budget } from './budget.ts'

export interface Frame {
  name: string
  /** As the profile has it: a path, node:…, or nothing for what is not JavaScript. */
  file: string
  line: number
}

export interface Stack {
  /** From the root to the leaf. */
  frames: Frame[]
  value: number
  labels: Record<string, string>
}

export interface Stacks {
  type: string
  unit: string
  stacks: Stack[]
  startedMs: number
  durationMs: number
  /** Of the sampler, in the unit of its period type. */
  period: number
}

/** The names of the values that each sample has. */
export function typesOf(profile: Profile): string[] {
  return profile.sampleType.map(({ type }) => profile.stringTable.strings[Number(type)] ?? '')
}

/** Of one stack, one label and one frame of it. */
const STACK_BYTES = 250
const LABEL_BYTES = 200
const FRAME_BYTES = 16
/** For what the library captured itself. */
const unbounded: Budget = { spend() {} }

/**
 * @param type the sample type: wall, cpu, sample, …; the first one where there is no such
 * @throws Refusal of the budget
 */
export function stacksOf(profile: Profile, type: string, budget: Budget = unbounded): Stacks {
  const of = (index: number | bigint) => profile.stringTable.strings[Number(index)] ?? ''
  const found = profile.sampleType.findIndex((one) => of(one.type) === type)
  const index = Math.max(found, 0)
  const chosen = profile.sampleType[index]
  const functions = new Map(profile.function.map((one) => [Number(one.id), one]))
  const frames = new Map<number, Frame[]>()
  for (const { id, line } of profile.location) {
    const lines = line.map(({ functionId, line: at }) => {
      const source = functions.get(Number(functionId))
      return {
        name: of(source?.name ?? 0) || '(anonymous)',
        file: of(source?.filename ?? 0),
        line: Number(at),
      }
    })
    frames.set(Number(id), lines)
  }
  const stacks: Stack[] = []
  for (const { locationId, value, label } of profile.sample) {
    const amount = signedValue(value[index])
    if (amount === 0) continue
    budget.spend(STACK_BYTES + LABEL_BYTES * label.length)
    const labels: Record<string, string> = {}
    for (const { key, str, num } of label) labels[of(key)] = Number(str) > 0 ? of(str) : String(num)
    const found: Frame[] = []
    for (const id of locationId) {
      const lines = frames.get(Number(id)) ?? []
      budget.spend(FRAME_BYTES * lines.length)
      for (const frame of lines) found.push(frame)
    }
    stacks.push({
      frames: found.reverse(),
      value: amount,
      labels,
    })
  }
  return {
    type: of(chosen?.type ?? 0),
    unit: of(chosen?.unit ?? 0),
    stacks,
    startedMs: Number(profile.timeNanos) / 1e6,
    durationMs: Number(profile.durationNanos) / 1e6,
    period: Number(profile.period),
  }
}
