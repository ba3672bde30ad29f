/** The organizer's view: one event's seats in every zone, and its queue with what may be changed about it. */
import { call } from './api.js'
import { field, h } from './dom.js'
import { makeInventory } from './inventory.js'
import { makeProblemBox } from './problems.js'
import { makeQueuePanel } from './queue-panel.js'
import { repeat } from './wait.js'

const REFRESH_MS = 2000

export function makeOrganizer(element, { isKnown }) {
  let leaving = new AbortController()

  async function enter() {
    leave()
    leaving = new AbortController()
    const { signal } = leaving
    const problem = makeProblemBox()
    element.replaceChildren(problem.element)
    if (!isKnown()) return
    try {
      const { items } = await call('GET', '/api/v1/events?limit=100', { view: 'admin', signal })
      if (items.length === 0) element.append(h('p', {}, 'There is no event yet.'))
      else show(items, problem, signal)
    } catch (error) {
      if (!signal.aborted) problem.show(error)
    }
  }

  function show(events, problem, signal) {
    const select = h(
      'select',
      {},
      events.map(({ id, name }) => h('option', { value: id }, name)),
    )
    const panels = h('div', { class: 'panels' })
    element.append(h('div', { class: 'pick' }, field('Event', select)), panels)
    let watched = new AbortController()
    const watch = () => {
      watched.abort()
      watched = new AbortController()
      const event = events.find(({ id }) => id === select.value)
      const both = AbortSignal.any([signal, watched.signal])
      const parts = [makeInventory(event, both), makeQueuePanel(event, both)]
      panels.replaceChildren(...parts.map((part) => part.element))
      void repeat(REFRESH_MS, both, async () => {
        const results = await Promise.allSettled(parts.map((part) => part.refresh()))
        if (both.aborted) return
        const failed = results.find(({ status }) => status === 'rejected')
        if (failed) problem.show(failed.reason)
        else problem.clear()
      })
    }
    select.addEventListener('change', watch)
    watch()
  }

  function leave() {
    leaving.abort()
  }
  return { enter, leave }
}
