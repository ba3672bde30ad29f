/** Others in the queue, where anybody may be anybody: without them a visitor on one's own machine is always first. */
import { call } from './api.js'

const AT_ONCE = 10

/** Lets so many guests join; each has a name of its own. Nobody listens for them, so after a minute the sweep passes over them. */
export async function sendCrowd(eventId, people, signal) {
  const name = [...crypto.getRandomValues(new Uint8Array(3))].map((byte) => byte.toString(36)).join('')
  let next = 0
  async function join() {
    while (next < people) {
      const user = `crowd-${name}-${next++}`
      const { token } = await call('POST', '/demo/token', {
        view: null,
        body: { role: 'customer', user },
        signal,
      })
      const headers = { authorization: `Bearer ${token}` }
      await call('POST', '/api/v1/queue/join', { view: null, headers, body: { event_id: eventId }, signal })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, join))
}
