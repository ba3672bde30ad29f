/** Refusals in words. What is not in the table is said in the service's own. */
import { h } from './dom.js'

const words = {
  INSUFFICIENT_SEATS: 'There are not that many seats left in this zone. Try fewer, or another zone.',
  MAX_TICKETS_EXCEEDED: 'That would be more seats than one person may have for this event.',
  NOT_ON_SALE: 'This event is not on sale at the moment.',
  PRICE_CHANGED: 'The price has changed while you were choosing. Have a look at the new one below.',
  QUEUE_PASS_REQUIRED: 'This event has a queue: a pass from it is needed to choose seats.',
  INVALID_QUEUE_PASS: 'Your pass is not valid any more. Join the queue again for a new one.',
  QUEUE_PASS_EXPIRED: 'Your pass has run out. Join the queue again for a new one.',
  QUEUE_PASS_MISMATCH: 'This pass is for another event or another person.',
  QUEUE_FULL: 'The queue is full at the moment. Try again in a little while.',
  QUEUE_NOT_OPEN: 'The queue of this event is not open.',
  NOT_IN_QUEUE: 'You are not in this queue any more. Join it again.',
  EXPIRED: 'The time to pay is over, and the seats are on sale again.',
  ALREADY_RELEASED: 'These seats were given back before.',
  TOO_MANY_REQUESTS: 'That was a little too fast. Wait a moment, then try again.',
  OVERLOADED: 'Very many people are here at once. Try again in a moment; nothing was lost.',
  UNAVAILABLE: 'A part of the service is away for a moment. Try again; nothing was lost.',
  TOKEN_EXPIRED: 'Your token has run out. Use a new one.',
  UNAUTHORIZED: 'The service does not know who you are. Use a valid token.',
  FORBIDDEN: 'That is not allowed with this token.',
  PAYMENT_DECLINED: 'The payment was declined. Your seats are still held: try again.',
  NO_CONNECTION: 'The service cannot be reached. Check the connection, then try again.',
  NO_ANSWER: 'The service did not answer in time. Try again.',
}

/** A place on the page where a refusal is read out as soon as it stands there. */
export function makeProblemBox() {
  const element = h('div', { role: 'alert', class: 'problem' })
  return {
    element,
    clear: () => element.replaceChildren(),
    show(error) {
      const code = error.code ?? 'DEFECT'
      const said = words[code] ?? sentence(error.message)
      // What stands there already is not read out again.
      if (element.firstChild?.textContent === said) return
      element.replaceChildren(h('p', {}, said), h('p', { class: 'code' }, 'Code: ', h('code', {}, code)))
      element.scrollIntoView({ block: 'nearest' })
    },
  }
}

function sentence(message) {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`
}
