/**
 * What this tab remembers: who one is in each view, and one's place and pass in every queue. It is gone with the tab.
 * What is remembered in a queue belongs to a person, so it is kept by their name.
 */
const demoTokens = document.documentElement.dataset.demoTokens === 'on'

/** Whether the service hands out tokens for the asking (DEMO_TOKENS); it says so in the page itself. */
export const canBeAnybody = demoTokens

/** @param view `customer` or `admin`: a visitor buys as one person and organizes as another */
export function tokenOf(view) {
  return sessionStorage.getItem(`token:${view}`)
}

export function keepToken(view, token) {
  if (token === null) sessionStorage.removeItem(`token:${view}`)
  else sessionStorage.setItem(`token:${view}`, token)
}

/** Who a token is about, for the reader's eyes only: it is the service that checks it. null: this is no token. */
export function claimsOf(token) {
  try {
    const payload = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0))
    const { sub, user_id, role } = JSON.parse(new TextDecoder().decode(bytes))
    const user = sub ?? user_id
    return typeof user === 'string' ? { user, role: String(role ?? 'customer') } : null
  } catch {
    return null
  }
}

const placeKey = (kind, eventId) => `${kind}:${claimsOf(tokenOf('customer') ?? '')?.user}:${eventId}`

/** The signed token that restores one's place in the queue of an event. */
export const joinToken = (eventId) => sessionStorage.getItem(placeKey('join', eventId))
export const keepJoinToken = (eventId, token) => sessionStorage.setItem(placeKey('join', eventId), token)

/** The pass that the queue gave: `{ pass, expiresAt }`, or null. */
export function passOf(eventId) {
  return JSON.parse(sessionStorage.getItem(placeKey('pass', eventId)) ?? 'null')
}

export function keepPass(eventId, pass, expiresAt) {
  sessionStorage.setItem(placeKey('pass', eventId), JSON.stringify({ pass, expiresAt }))
}

/** A pass is used up, or the queue was left: the next time one stands at its end. */
export function forgetPlace(eventId) {
  sessionStorage.removeItem(placeKey('join', eventId))
  sessionStorage.removeItem(placeKey('pass', eventId))
}
