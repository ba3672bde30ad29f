/** Why nobody is let in just now, and why a place is gone. */
export const pausedWords = {
  organizer: 'paused by the organizer',
  backlog: 'paused while the service catches up',
  load: 'paused while the service is at its limit',
  not_on_sale: 'not before the sale opens',
  draw: 'places are being drawn',
  cap: 'waiting for others to finish',
}

export const closedWords = {
  passed_over: 'You were away for a while, so others went before you. You may join again.',
  not_in_queue: 'You have left this queue, perhaps in another window.',
  sale_over: 'The sale of this event is over.',
  pass_over: 'Your turn came and went: the pass ran out. You may join again.',
}

export const keptWords = 'Your place is kept, even if this page is loaded again.'
export const preQueueWords =
  'Everybody who is here when the sale opens gets a random place. Being early changes nothing.'
