/** Names of code in sentences, and which of a stack's frames is whose doing. */
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Frame } from '../formats/stacks.ts'

/** What V8's profiler counts that is no code of anybody. */
const NOBODY = ['(idle)', '(program)', 'Non JS threads activity']
const GARBAGE = 'Garbage Collection'

export function isNobody(frame: Frame | undefined): boolean {
  return frame === undefined || NOBODY.includes(frame.name)
}

export function isGarbage(frame: Frame | undefined): boolean {
  return frame?.name === GARBAGE
}

/**
 * The frame nearest to the leaf that is the application's and has a name: what Node and packages do, they do for it.
 *
 * @param frames root first
 */
export function culpritOf(frames: readonly Frame[]): Frame | undefined {
  const own = frames.filter(({ file }) => isApplication(file))
  return own.findLast(isNamed) ?? own.at(-1) ?? frames.at(-1)
}

/** The application's frame farthest from the leaf, one with a name where there is one: of a wait the leaf is the pool and what is wrapped around it. @param frames root first */
export function callerOf(frames: readonly Frame[]): Frame | undefined {
  const own = frames.filter(({ file }) => isApplication(file))
  return own.find(isNamed) ?? own[0] ?? frames.at(-1)
}

function isNamed({ name }: Frame): boolean {
  return !name.startsWith('(anonymous')
}

function isApplication(file: string): boolean {
  return file !== '' && !file.startsWith('node:') && !file.includes('node_modules')
}

export function named(frame: Frame | undefined): string {
  if (!frame) return '(unknown)'
  if (frame.file === '') return frame.name
  return `${frame.name} (${shortened(frame.file)}:${frame.line})`
}

function shortened(file: string): string {
  const path = file.startsWith('file:') ? fileURLToPath(file) : file
  const within = path.startsWith('/') ? relative(process.cwd(), path) : path
  return within.startsWith('..') ? path : within
}

/** The key with the highest sum. */
export function highest<T>(
  all: readonly T[],
  keyOf: (one: T) => string,
  amountOf: (one: T) => number,
): { key: string; value: number } {
  const sums = new Map<string, number>()
  for (const one of all) sums.set(keyOf(one), (sums.get(keyOf(one)) ?? 0) + amountOf(one))
  const [key, value] = [...sums].reduce((most, one) => (one[1] > most[1] ? one : most), ['', 0])
  return { key, value }
}

export function share(part: number, total: number): string {
  return `${Math.round((100 * part) / total)} %`
}
