/** A profile as a table of functions. Pure. */
import { keyOf } from './flame-tree.js'

/**
 * Each function's own time, and the time with what it called. One that calls itself counts once in a stack.
 *
 * @returns the functions, most own time first, and the sum of all
 */
export function functionsOf(profile, { route = null } = {}) {
  const byKey = new Map()
  let sum = 0
  for (const stack of profile.stacks) {
    if (route !== null && stack.route !== route) continue
    sum += stack.value
    const seen = new Set()
    for (const index of stack.frames) {
      const frame = profile.frames[index]
      const key = keyOf(frame)
      let one = byKey.get(key)
      if (!one) {
        one = { key, name: frame.name, file: frame.file, line: frame.line, self: 0, total: 0 }
        byKey.set(key, one)
      }
      if (!seen.has(key)) one.total += stack.value
      seen.add(key)
    }
    const leaf = profile.frames[stack.frames.at(-1)]
    if (leaf) byKey.get(keyOf(leaf)).self += stack.value
  }
  const functions = [...byKey.values()].sort((one, other) => other.self - one.self || other.total - one.total)
  return { functions, sum }
}

/** Whether it is a difference, in which some of it is gone. */
export const isDifference = ({ stacks }) => stacks.some(({ value }) => value < 0)

/** Of a difference what came, or what is gone as values above zero: a graph cannot show less than nothing. */
export function sideOf(profile, side) {
  const sign = side === 'gone' ? -1 : 1
  const stacks = profile.stacks
    .map((stack) => ({ ...stack, value: sign * stack.value }))
    .filter(({ value }) => value > 0)
  return { ...profile, stacks }
}

/** Without the time in which there was nothing to do, which tells nothing of the code. */
export function withoutIdle(profile) {
  const isIdle = ({ frames }) => profile.frames[frames.at(-1)]?.name === '(idle)'
  return { ...profile, stacks: profile.stacks.filter((stack) => !isIdle(stack)) }
}

/** The routes of a profile with their values, largest first; '' is what belongs to none. */
export function routesOf(profile) {
  const routes = new Map()
  for (const { route, value } of profile.stacks) routes.set(route, (routes.get(route) ?? 0) + value)
  return [...routes].sort(([, one], [, other]) => other - one)
}
