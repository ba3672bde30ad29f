/** What a window of samples shows, in a sentence: who had the CPU, and for which route. */
import { mergedProfile } from '../flight/archive.ts'
import type { KeptWindow } from '../flight/ring.ts'
import { type Stack, stacksOf } from '../formats/stacks.ts'
import { culpritOf, highest, isGarbage, isNobody, named, share } from './culprit.ts'

export interface Verdict {
  sentence: string
  /** Of the CPU that was sampled, 0 to 1. */
  garbageShare: number
}

/** @param windows of the process that the rule fired for, of the time that it fired for */
export async function verdictOf(why: string, windows: readonly KeptWindow[]): Promise<Verdict> {
  const profile = await mergedProfile(windows)
  const all = profile ? stacksOf(profile, 'cpu').stacks : []
  const sampled = all.filter(({ frames }) => !isNobody(frames.at(-1)))
  const total = sumOf(sampled)
  if (total === 0)
    return {
      sentence: `${why}; no CPU was sampled in the window, so the time went to waiting.`,
      garbageShare: 0,
    }
  const garbage = sumOf(sampled.filter(({ frames }) => isGarbage(frames.at(-1))))
  const code = sampled.filter(({ frames }) => !isGarbage(frames.at(-1)))
  const amountOf = ({ value }: Stack) => value
  const top = highest(code, ({ frames }) => named(frames.at(-1)), amountOf)
  const own = highest(code, ({ frames }) => named(culpritOf(frames)), amountOf)
  const route = highest(
    code.filter(({ labels }) => labels['route']),
    ({ labels }) => labels['route'] ?? '',
    amountOf,
  )
  const parts = [`${top.key} took ${share(top.value, total)} of the CPU by itself`]
  // What a package does for long, somebody called.
  if (own.key !== top.key) parts.push(`${own.key} had ${share(own.value, total)} with what it called`)
  if (garbage > total / 10) parts.push(`garbage collection took ${share(garbage, total)}`)
  if (route.value > 0) parts.push(`${route.key} was the top route with ${share(route.value, total)}`)
  return { sentence: `${why}; ${listed(parts)}.`, garbageShare: garbage / total }
}

function sumOf(stacks: readonly Stack[]): number {
  return stacks.reduce((sum, { value }) => sum + value, 0)
}

function listed(parts: readonly string[]): string {
  return parts.length === 1 ? `${parts[0]}` : `${parts.slice(0, -1).join(', ')}, and ${parts.at(-1)}`
}
