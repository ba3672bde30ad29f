/** The profile view: what can be captured, what is under way, and what was captured, looked at one by one or two together. */
import { askJson } from './ask.js'
import { makeCaptureCard } from './capture.js'
import { makeDiffView } from './diff-view.js'
import { button, h, panel, problem, say } from './dom.js'
import { makeResultView } from './result.js'

const RESULTS_MAX = 10

export function makeProfile(element) {
  const cards = h('div', { class: 'captures' })
  const list = h('div', { class: 'results', role: 'group', 'aria-label': 'Results' })
  const nothing = h('p', { class: 'muted' }, 'Nothing yet: capture something, or open an artifact.')
  const shown = h('div')
  const results = []
  const diff = makeDiffView()
  let current = null
  let count = 0

  const resultPanel = panel('Results', nothing, list, shown)
  element.append(panel('Captures', cards), resultPanel, diff.element)

  function add(result) {
    results.push({ ...result, title: `${++count}. ${result.title}` })
    // Profiles are large: the tab keeps the last of them.
    if (results.length > RESULTS_MAX) results.shift()
    nothing.hidden = true
    open(results.at(-1))
    diff.offer(results.filter(({ profile }) => profile))
    say(`${result.title} is there.`)
    // Somebody asked for it, and captures may fill the window.
    resultPanel.scrollIntoView({ block: 'start' })
  }

  function open(result) {
    current = result
    list.replaceChildren(
      ...results.map((one) =>
        button(one.title, () => open(one), { 'aria-pressed': String(one === current) }),
      ),
    )
    shown.replaceChildren(makeResultView(result))
  }

  async function load() {
    try {
      const { captures } = await askJson('/debug/pprof/?format=json')
      cards.replaceChildren(...captures.map((capture) => makeCaptureCard(capture, { add })))
    } catch (error) {
      cards.replaceChildren(problem(error))
    }
  }
  void load()
  return { add }
}
