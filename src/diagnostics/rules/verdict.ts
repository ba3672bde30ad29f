/** What a window of samples shows, in a sentence: who had the CPU, and for which route. */
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mergedProfile } from '../flight/archive.ts'
import type { KeptWindow } from '../flight/ring.ts'
import { type Frame, type Stack, stacksOf } from '../formats/stacks.ts'

/** @param windows of the process that the rule fired for, of the time that it fired for */
export async function verdictOf(why: string, windows: readonly KeptWindow[]): Promise<string> {
  const profile = await mergedProfile(windows)
  const stacks = profile ? stacksOf(profile, 'cpu').stacks : []
  const total = stacks.reduce((sum, { value }) => sum + value, 0)
  if (total === 0) return `${why}; no CPU was sampled in the window, so the time went to waiting.`
  const top = highest(stacks, ({ frames }) => named(frames.at(-1)))
  const route = highest(
    stacks.filter(({ labels }) => labels.route),
    ({ labels }) => labels.route ?? '',
  )
  const at = `${top.key} took ${share(top.value, total)} of the CPU by itself`
  return route.value > 0
    ? `${why}; ${at}, and ${route.key} was the top route with ${share(route.value, total)}.`
    : `${why}; ${at}.`
}

function highest(stacks: readonly Stack[], keyOf: (stack: Stack) => string): { key: string; value: number } {
  const sums = new Map<string, number>()
  for (const stack of stacks) sums.set(keyOf(stack), (sums.get(keyOf(stack)) ?? 0) + stack.value)
  const [key, value] = [...sums].reduce((most, one) => (one[1] > most[1] ? one : most), ['', 0])
  return { key, value }
}

function named(frame: Frame | undefined): string {
  if (!frame) return '(unknown)'
  if (frame.file === '') return frame.name
  return `${frame.name} (${shortened(frame.file)}:${frame.line})`
}

function shortened(file: string): string {
  const path = file.startsWith('file:') ? fileURLToPath(file) : file
  const within = path.startsWith('/') ? relative(process.cwd(), path) : path
  return within.startsWith('..') ? path : within
}

function share(part: number, total: number): string {
  return `${Math.round((100 * part) / total)} %`
}
