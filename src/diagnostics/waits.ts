/**
 * Time spent waiting for pools and locks, by name. Always counted, at the price of a Map look-up; stacks of those who wait are taken only
 * while a capture watches.
 */
import { getCallSites } from 'node:util'
import { limits } from './limits.ts'

export interface WaitSum {
  name: string
  count: number
  ms: number
  maxMs: number
  /** Who waited, from the leaf; none unless a capture watched. */
  frames: readonly { name: string; file: string; line: number }[]
}

const OTHERS = '(others)'
const sums = new Map<string, WaitSum>()
const watchers = new Set<Map<string, WaitSum>>()

/** Something begins to wait. @returns what to call when it has what it waited for, or gave up */
export function wait(name: string): () => void {
  const startedMs = performance.now()
  const frames = watchers.size > 0 ? framesHere() : []
  let over = false
  return () => {
    if (over) return
    over = true
    note(name, performance.now() - startedMs, frames)
  }
}

/** Something has waited so long, as a pool says that measures by itself. */
export function waited(name: string, ms: number): void {
  if (!(ms >= 0)) return
  note(name, ms, watchers.size > 0 ? framesHere() : [])
}

/** Since the start of the process. */
export function waitSums(): WaitSum[] {
  return [...sums.values()]
}

/** Waits that end from now on, with the stacks of those that begin from now on. */
export function watchWaits(): { end(): WaitSum[] } {
  const seen = new Map<string, WaitSum>()
  watchers.add(seen)
  return {
    end() {
      watchers.delete(seen)
      return [...seen.values()]
    },
  }
}

function note(name: string, ms: number, frames: WaitSum['frames']): void {
  add(sums, name, name, ms, [], limits.waitNamesMax)
  if (watchers.size === 0) return
  const key = `${name}\n${frames.map(({ file, line }) => `${file}:${line}`).join('\n')}`
  for (const seen of watchers) add(seen, key, name, ms, frames, limits.waitStacksMax)
}

function add(
  into: Map<string, WaitSum>,
  key: string,
  name: string,
  ms: number,
  frames: WaitSum['frames'],
  max: number,
): void {
  const full = !into.has(key) && into.size >= max
  const at = full ? OTHERS : key
  let sum = into.get(at)
  if (!sum) {
    const shown = full ? OTHERS : name.slice(0, limits.labelMaxCharacters)
    sum = { name: shown, count: 0, ms: 0, maxMs: 0, frames: full ? [] : frames }
    into.set(at, sum)
  }
  sum.count++
  sum.ms += ms
  sum.maxMs = Math.max(sum.maxMs, ms)
}

/** Without the two functions of this file. */
function framesHere(): WaitSum['frames'] {
  return getCallSites(limits.waitFramesMax, { sourceMap: false })
    .slice(2)
    .map(({ functionName, scriptName, lineNumber }) => ({
      name: functionName || '(anonymous)',
      file: scriptName.replace(/^file:\/\//, ''),
      line: lineNumber,
    }))
}
