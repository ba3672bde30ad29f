/** A flame graph of elements, from the root downwards: it can be read, searched, zoomed and walked through by the arrow keys. */
import { boxesOf, kindOf } from './flame-tree.js'
import { inWords, percent, shortFile } from './units.js'

/**
 * @param options.unit of the values
 * @param options.classOf the class that colours a box
 * @param options.describe what is said of a box besides its name
 */
export function drawFlame(element, tree, { unit, classOf = kindClass, describe = null }) {
  const say =
    describe ?? ((node) => `${inWords(node.value, unit)}, ${percent(node.value / (tree.value || 1))}`)
  const detail = document.createElement('p')
  detail.className = 'flame-detail'
  const graph = document.createElement('div')
  graph.className = 'flame'
  graph.setAttribute('role', 'group')
  graph.setAttribute('aria-label', 'Flame graph: arrow keys move, Enter zooms, Escape shows all')
  element.replaceChildren(graph, detail)
  let boxes = []

  function zoom(path, focusOn = null) {
    boxes = boxesOf(path)
    const depth = Math.max(...boxes.map((box) => box.depth))
    graph.style.height = `${(depth + 1) * 19}px`
    graph.replaceChildren(...boxes.map(boxElement))
    const wanted =
      boxes.find(({ node }) => node === focusOn) ?? boxes.find(({ node }) => node === path.at(-1))
    wanted.element.tabIndex = 0
    if (focusOn) wanted.element.focus()
    show(wanted.node)
  }

  function boxElement(box) {
    const { node, depth, left, width } = box
    const made = document.createElement('button')
    made.type = 'button'
    made.tabIndex = -1
    made.className = `box ${classOf(node)}`
    made.style.left = `${left * 100}%`
    made.style.width = `${width * 100}%`
    made.style.top = `${depth * 19}px`
    made.textContent = width > 0.012 ? node.name : ''
    made.title = textOf(node)
    made.setAttribute('aria-label', textOf(node))
    made.addEventListener('click', () => zoom(box.path, node))
    made.addEventListener('mouseenter', () => show(node))
    made.addEventListener('focus', () => show(node))
    box.element = made
    return made
  }

  const textOf = (node) =>
    [node.name, say(node), node.file && `${shortFile(node.file)}:${node.line}`].filter(Boolean).join(' · ')

  function show(node) {
    detail.textContent = textOf(node)
  }

  graph.addEventListener('keydown', (pressed) => {
    const at = boxes.find((box) => box.element === document.activeElement)
    if (!at) return
    const next = neighbour(boxes, at, pressed.key)
    if (pressed.key === 'Escape') zoom([tree], tree)
    if (next) {
      at.element.tabIndex = -1
      next.element.tabIndex = 0
      next.element.focus()
    }
    if (next || pressed.key === 'Escape') pressed.preventDefault()
  })
  zoom([tree])
}

function neighbour(boxes, { node, depth, left, width }, key) {
  const beside = (row) => boxes.filter((box) => box.depth === row)
  const covers = (box) => box.left <= left + 1e-9 && box.left + box.width >= left + width - 1e-9
  switch (key) {
    case 'ArrowUp':
      return beside(depth - 1).find(covers)
    case 'ArrowDown':
      return beside(depth + 1).find((box) => box.left >= left - 1e-9 && box.left < left + width)
    case 'ArrowRight':
      return beside(depth).find((box) => box.left > left && box.node !== node)
    case 'ArrowLeft':
      return beside(depth).findLast((box) => box.left < left && box.node !== node)
    default:
      return undefined
  }
}

/** Neighbours of a kind differ a little, so that one sees where a box ends. */
function kindClass(node) {
  let sum = 0
  for (const character of node.name) sum = (sum + character.charCodeAt(0)) % 3
  return `${kindOf(node)} shade-${sum}`
}
