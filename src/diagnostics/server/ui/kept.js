/** Rules that capture by themselves, and what was kept of captures: list, fetch, open, delete. */
import { ask, askJson } from './ask.js'
import { button, h, panel, problem, say, table } from './dom.js'
import { missing } from './in-flight.js'
import { resultOf, save } from './result-of.js'
import { bytesInWords } from './units.js'

const COLUMNS_MAX = 8

export function makeKept(element, { open }) {
  const rules = h('div')
  const artifacts = h('div')
  element.append(
    panel('Rules', h('p', { class: 'actions' }, button('Refresh', showRules)), rules),
    panel('Artifacts', h('p', { class: 'actions' }, button('Refresh', showArtifacts)), artifacts),
  )

  async function guarded(into, work) {
    try {
      into.replaceChildren(await work())
    } catch (error) {
      into.replaceChildren(missing(error) ?? problem(error))
    }
  }

  function showRules() {
    return guarded(rules, async () => {
      const items = listIn(await askJson('/debug/rules'), 'rules')
      return items.length === 0
        ? h('p', { class: 'muted' }, 'There are no rules.')
        : itemTable('Rules', items)
    })
  }

  function showArtifacts() {
    return guarded(artifacts, async () => {
      const items = listIn(await askJson('/debug/artifacts'), 'artifacts')
      if (items.length === 0) return h('p', { class: 'muted' }, 'Nothing has been kept.')
      return itemTable('Artifacts', items, actionsOf)
    })
  }

  function actionsOf(item) {
    const name = nameOf(item)
    const path = `/debug/artifacts/${encodeURIComponent(name)}`
    const guardedAction = (text, work, more) =>
      button(
        text,
        async () => {
          try {
            await work()
          } catch (error) {
            artifacts.prepend(problem(error))
          }
        },
        { 'aria-label': `${text} ${name}`, ...more },
      )
    const kind = /\.tar\.gz$/.test(name) ? 'archive' : /\.pb\.gz$/.test(name) ? 'pprof' : null
    return h(
      'div',
      { class: 'actions' },
      kind &&
        guardedAction('Open', async () => {
          const response = await ask(path)
          open(await resultOf(response, { name, address: path, kind }))
        }),
      guardedAction('Fetch', async () => save(await (await ask(path)).blob(), name)),
      guardedAction(
        'Delete',
        async () => {
          if (!confirm(`Delete ${name}? It cannot be brought back.`)) return
          await ask(path, { method: 'DELETE' })
          say(`${name} is deleted.`)
          await showArtifacts()
        },
        { class: 'danger' },
      ),
    )
  }

  return {
    enter() {
      void showRules()
      void showArtifacts()
    },
  }
}

/** A list by itself, or under its name. */
function listIn(answer, name) {
  if (Array.isArray(answer)) return answer
  return Array.isArray(answer[name]) ? answer[name] : []
}

const nameOf = (item) => String(item.name ?? item.id ?? item.file ?? item.fileName ?? '')

/** Whatever the items say of themselves, plain values first, a column each. */
function itemTable(label, items, actionsOf = null) {
  const keys = [...new Set(items.flatMap(Object.keys))]
  const plain = keys
    .filter((key) => items.some((item) => Object(item[key]) !== item[key]))
    .slice(0, COLUMNS_MAX)
  const rows = items.map((item) =>
    h(
      'tr',
      {},
      plain.map((key) =>
        h('td', { class: typeof item[key] === 'number' ? 'number' : 'name' }, valueText(key, item[key])),
      ),
      actionsOf && h('td', {}, actionsOf(item)),
    ),
  )
  const titles = [...plain.map(titleOf), ...(actionsOf ? ['What to do'] : [])]
  return table(
    label,
    titles.map((title, index) => ({ title, number: typeof items[0][plain[index]] === 'number' })),
    h('tbody', {}, rows),
  )
}

const titleOf = (key) =>
  key
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase()

function valueText(key, value) {
  if (value === null || value === undefined) return '–'
  if (/bytes$/i.test(key) && typeof value === 'number') return bytesInWords(value)
  // Milliseconds since 1970, and nothing that is a duration.
  if (/ms$/i.test(key) && typeof value === 'number' && value > 1e12)
    return new Date(value).toLocaleString('en-GB')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
