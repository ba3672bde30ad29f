/** The queue of an event: what it does, and the three things that are changed while it runs. */
import { say } from './announce.js'
import { call } from './api.js'
import { sendCrowd } from './crowd.js'
import { button, facts, field, h, whileBusy } from './dom.js'
import { number } from './format.js'
import { makeProblemBox } from './problems.js'
import { pausedWords } from './queue-words.js'
import { canBeAnybody } from './session.js'

const CROWD = 200

export function makeQueuePanel(event, signal) {
  const path = `/api/v1/admin/queues/${event.id}`
  const problem = makeProblemBox()
  const cells = Object.fromEntries(
    ['state', 'waiting', 'released', 'passes', 'rate'].map((name) => [name, h('span', {}, '–')]),
  )
  const rate = h('input', {
    type: 'number',
    min: 1,
    max: 100_000,
    step: 1,
    required: true,
    inputmode: 'numeric',
  })
  const pause = button('Pause', () => change({ state: isOpen ? 'paused' : 'open' }))
  const required = h('input', { type: 'checkbox' })
  required.addEventListener('change', () => change({ required: required.checked }))
  const form = h(
    'form',
    { class: 'stack' },
    field('Let in per second', rate),
    h(
      'div',
      { class: 'actions' },
      h('button', { type: 'submit', class: 'primary' }, 'Change the rate'),
      pause,
    ),
    h('label', { class: 'check' }, required, 'Reserving needs a pass'),
    canBeAnybody &&
      button(`Let ${CROWD} guests join`, () =>
        act('The guests have joined.', () => sendCrowd(event.id, CROWD, signal)),
      ),
  )
  let isOpen = true
  let asked = 0

  form.addEventListener('submit', (submitted) => {
    submitted.preventDefault()
    void change({ release_rate_per_second: Number(rate.value) })
  })

  const change = (part) =>
    act('The queue was changed.', () => call('PUT', path, { view: 'admin', body: part, signal }))

  function act(done, work) {
    return whileBusy(form, async () => {
      problem.clear()
      try {
        await work()
        await refresh()
        say(done)
      } catch (error) {
        if (!signal.aborted) problem.show(error)
      }
    })
  }

  /** Of several that are on their way the one that was asked last is shown: an earlier one may be of before a change. */
  async function refresh() {
    const mine = ++asked
    const queue = await call('GET', path, { view: 'admin', signal })
    if (mine !== asked) return
    isOpen = queue.state === 'open'
    pause.textContent = isOpen ? 'Pause' : 'Open'
    cells.state.textContent = stateOf(queue)
    cells.state.className = `tag ${queue.paused_by ? 'warn' : ''}`
    cells.waiting.textContent = number(queue.waiting)
    cells.released.textContent = number(queue.released)
    cells.passes.textContent = number(queue.active_passes)
    cells.rate.textContent = `${number(queue.release_rate_per_second)} a second`
    required.checked = queue.required
    // Whoever is typing a new rate is not interrupted.
    if (document.activeElement !== rate) rate.value = queue.release_rate_per_second
  }

  const element = h(
    'section',
    { class: 'card', 'aria-labelledby': 'queue-title' },
    h('h3', { id: 'queue-title' }, 'Queue'),
    facts(
      ['State', cells.state],
      ['Waiting', cells.waiting],
      ['Let in so far', cells.released],
      ['Passes in use', cells.passes],
      ['Rate', cells.rate],
    ),
    form,
    problem.element,
  )
  return { element, refresh }
}

function stateOf({ state, paused_by }) {
  if (state === 'closed') return 'closed'
  if (paused_by) return pausedWords[paused_by] ?? `paused (${paused_by})`
  return state
}
