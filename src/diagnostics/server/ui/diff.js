/** What is different between two profiles. Shares are compared, not times: captures may be of different lengths. Pure. */
import { keyOf, makeNode, treeOf } from './flame-tree.js'
import { functionsOf } from './functions.js'

/** Functions by how much their share of own time changed, the largest change first. */
export function diffFunctions(before, after) {
  const old = functionsOf(before)
  const now = functionsOf(after)
  const oldByKey = new Map(old.functions.map((one) => [one.key, one]))
  const nowByKey = new Map(now.functions.map((one) => [one.key, one]))
  const share = (value, sum) => (sum === 0 ? 0 : value / sum)
  return [...new Set([...oldByKey.keys(), ...nowByKey.keys()])]
    .map((key) => {
      const was = oldByKey.get(key)
      const is = nowByKey.get(key)
      const { name, file, line } = is ?? was
      const selfBefore = share(was?.self ?? 0, old.sum)
      const selfAfter = share(is?.self ?? 0, now.sum)
      return {
        name,
        file,
        line,
        selfBefore,
        selfAfter,
        change: selfAfter - selfBefore,
        totalChange: share(is?.total ?? 0, now.sum) - share(was?.total ?? 0, old.sum),
      }
    })
    .sort((one, other) => Math.abs(other.change) - Math.abs(one.change))
}

/**
 * The tree of the later profile with each node's share in the earlier one as `before`. What is gone is there with its earlier share as
 * width, so that it can be seen; `after` is 0 then. Values are shares of the whole.
 */
export function diffTree(before, after) {
  return joined(treeOf(before), treeOf(after), null)

  function joined(old, now, sums) {
    const of = sums ?? { old: old.value || 1, now: now.value || 1 }
    const node = makeNode(now ?? old)
    node.before = old ? old.value / of.old : 0
    node.after = now ? now.value / of.now : 0
    const selfBefore = old ? old.self / of.old : 0
    const selfAfter = now ? now.self / of.now : 0
    node.change = selfAfter - selfBefore
    let children = 0
    for (const key of new Set([...(old?.byKey.keys() ?? []), ...(now?.byKey.keys() ?? [])])) {
      const child = joined(old?.byKey.get(key) ?? null, now?.byKey.get(key) ?? null, of)
      node.byKey.set(keyOf(child), child)
      children += child.value
    }
    node.self = Math.max(selfBefore, selfAfter)
    node.value = children + node.self
    return node
  }
}

/** How strongly a box is coloured: by the change of its own time, in points of the whole. */
export function changeClass({ change }) {
  const size = Math.abs(change)
  if (size < 0.005) return 'same'
  const strength = size < 0.02 ? 1 : size < 0.08 ? 2 : 3
  return `${change > 0 ? 'more' : 'less'}-${strength}`
}
