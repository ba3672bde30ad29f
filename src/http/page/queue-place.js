/** One's place, as it is shown, and as it is read out at sensible steps. */
import { say } from './announce.js'
import { facts, h } from './dom.js'
import { instant, number, roughly } from './format.js'
import { keptWords, pausedWords, preQueueWords } from './queue-words.js'
import { isWorthSaying } from './worth-saying.js'

export function makePlace(event) {
  const figure = h('strong', { class: 'figure' }, '–')
  const caption = h('span', { class: 'caption' }, 'your place')
  const progress = h('progress', { max: 1, value: 0, 'aria-label': 'The way to the front' })
  const [total, wait, rate] = [h('span', {}, '–'), h('span', {}, '–'), h('span', {}, '–')]
  const note = h('p', { class: 'note' }, keptWords)
  let firstPosition = null
  let said = null

  function showPlace(position) {
    firstPosition ??= position
    figure.textContent = number(position)
    caption.textContent = 'your place'
    note.textContent = keptWords
    progress.value = 1 - position / (firstPosition + 1)
    const now = { position, atMs: Date.now() }
    if (!isWorthSaying(said, now)) return
    said = now
    say(`Your place in the queue is ${number(position)}. Your wait: ${wait.textContent}.`)
  }

  function showPreQueue(opensAt) {
    figure.textContent = '…'
    caption.textContent = opensAt ? `the doors open ${instant(opensAt)}` : 'the doors are still closed'
    if (note.textContent === preQueueWords) return
    note.textContent = preQueueWords
    say(`${caption.textContent}. ${preQueueWords}`)
  }

  return {
    elements: [
      h('p', { class: 'lead' }, event.name),
      h('p', { class: 'place' }, figure, ' ', caption),
      progress,
      facts(['In the queue', total], ['Your wait', wait], ['Let in', rate]),
      note,
    ],
    note: (text) => {
      note.textContent = text
    },
    show({ position, total_in_queue, estimated_wait_seconds, state, opens_at = event.sale_opens_at }) {
      total.textContent = `${number(total_in_queue)} waiting`
      wait.textContent = estimated_wait_seconds === null ? 'not known yet' : roughly(estimated_wait_seconds)
      if (state === 'pre_queue') showPreQueue(opens_at)
      else showPlace(position)
    },
    showStatus({ release_rate, paused_by }) {
      rate.textContent = paused_by ? (pausedWords[paused_by] ?? 'paused') : `${number(release_rate)} a second`
    },
  }
}
