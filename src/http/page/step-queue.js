/** Step 2: the virtual queue. One's place is shown as it moves, and read out at sensible steps. */
import { say } from './announce.js'
import { call } from './api.js'
import { button, h, whileBusy } from './dom.js'
import { makePlace } from './queue-place.js'
import { followQueue } from './queue-stream.js'
import { closedWords } from './queue-words.js'
import { forgetPlace, joinToken, keepJoinToken, keepPass } from './session.js'
import { repeat } from './wait.js'

export const title = 'You are in the queue'

const STATUS_MS = 5000

export async function enter({ heading, body, problem, guarded, signal, go }, { event }) {
  const view = makePlace(event)
  const leave = button('Leave the queue', () => guarded(() => whileBusy(leave, leaveQueue)))
  body.append(...view.elements, leave)

  async function leaveQueue() {
    await call('DELETE', '/api/v1/queue/leave', { body: { event_id: event.id } })
    forgetPlace(event.id)
    say('You have left the queue.')
    await go('event')
  }
  const admit = (pass, expiresAt) => {
    keepPass(event.id, pass, expiresAt)
    say('It is your turn.')
    return go('seats', { event })
  }

  let place
  try {
    place = await join(event.id, signal)
  } catch (error) {
    heading.textContent = 'You are not in the queue'
    body.replaceChildren()
    throw error
  }
  // Before the draw there is no place to restore.
  if (place.token) keepJoinToken(event.id, place.token)
  if (place.queue_pass) return admit(place.queue_pass, place.queue_pass_expires_at)
  view.show(place)
  void repeat(STATUS_MS, signal, () => showStatus(event.id, view, signal))
  const end = await followQueue(event.id, {
    signal,
    onPosition: (position) => {
      problem.clear()
      view.show(position)
    },
    onInterruption: () => view.note('The connection was lost. Your place is kept; connecting again …'),
  })
  if (end.kind === 'ready') return admit(end.pass, end.passExpiresAt)
  forgetPlace(event.id)
  heading.textContent = 'You are not in the queue any more'
  body.replaceChildren(
    h('p', {}, closedWords[end.reason] ?? `The queue has closed (${end.reason}).`),
    button('Join again', () => go('queue', { event }), { class: 'primary' }),
  )
}

/** Joins, or comes back to the place that a token restores; a token that is good no more is dropped. */
async function join(eventId, signal) {
  const token = joinToken(eventId)
  const ask = (more) => call('POST', '/api/v1/queue/join', { signal, body: { event_id: eventId, ...more } })
  if (token === null) return ask({})
  try {
    return await ask({ token })
  } catch (error) {
    if (error.status !== 400 && error.status !== 403 && error.status !== 404) throw error
    forgetPlace(eventId)
    return ask({})
  }
}

async function showStatus(eventId, view, signal) {
  try {
    const path = `/api/v1/queue/status/${eventId}`
    view.showStatus(await call('GET', path, { view: null, signal }))
  } catch {
    // The stream says what matters, and shows its own troubles.
  }
}
