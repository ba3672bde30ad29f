/** From stacks to a tree, and from a tree to boxes. Pure. */

/** One child for each function: calls from several lines of it are one box. */
export function treeOf(profile, { route = null } = {}) {
  const root = makeNode({ name: 'all', file: '', line: 0 })
  for (const stack of profile.stacks) {
    if (route !== null && stack.route !== route) continue
    let node = root
    node.value += stack.value
    for (const index of stack.frames) {
      const frame = profile.frames[index]
      const key = keyOf(frame)
      let child = node.byKey.get(key)
      if (!child) {
        child = makeNode(frame)
        node.byKey.set(key, child)
      }
      child.value += stack.value
      node = child
    }
    node.self += stack.value
  }
  return root
}

export const keyOf = ({ name, file }) => `${name}\n${file}`

export function makeNode({ name, file, line }) {
  return { name, file, line, value: 0, self: 0, before: null, byKey: new Map() }
}

/** Widest first, so that what matters stands on the left. */
export const childrenOf = (node) => [...node.byKey.values()].sort((one, other) => other.value - one.value)

/**
 * Boxes of what is below `focus`, its ancestors above it over the whole width. Left and width are shares of the whole; what is narrower
 * than `least` is left out.
 *
 * @param path from the root to the focus
 */
export function boxesOf(path, { least = 0.0015, most = 3000 } = {}) {
  const boxes = path
    .slice(0, -1)
    .map((node, depth) => ({ node, depth, left: 0, width: 1, path: path.slice(0, depth + 1) }))
  const focus = path.at(-1)
  const waiting = [{ node: focus, depth: path.length - 1, left: 0, width: 1, path }]
  while (waiting.length > 0 && boxes.length < most) {
    const box = waiting.shift()
    boxes.push(box)
    let left = box.left
    for (const node of childrenOf(box.node)) {
      const width = box.node.value === 0 ? 0 : (box.width * node.value) / box.node.value
      if (width >= least) waiting.push({ node, depth: box.depth + 1, left, width, path: [...box.path, node] })
      left += width
    }
  }
  return boxes
}

/** Where a function comes from: what is one's own, a package's, Node's, or no JavaScript at all. */
export function kindOf({ name, file }) {
  if (file === '') return name === 'all' ? 'root' : 'native'
  if (file.startsWith('node:')) return 'node'
  return file.includes('/node_modules/') ? 'package' : 'own'
}
