/** Follows one's place in a queue until it is one's turn, through lost connections and restarts of the service. */
import { ApiError, openStream } from './api.js'
import { readEvents } from './sse.js'
import { jittered, pause } from './wait.js'

/** Three keep-alives that did not come: the connection is dead, whatever it says. */
const SILENCE_MS = 45_000
const FIRST_RETRY_MS = 2000
const MAX_RETRY_MS = 30_000
const MAX_FAILURES = 20

/**
 * @returns `{ kind: 'ready', pass, passExpiresAt }` or `{ kind: 'closed', reason }`
 * @throws ApiError when the service refuses, or after twenty connections in a row that failed
 */
export async function followQueue(eventId, { signal, onPosition, onInterruption }) {
  const path = `/api/v1/queue/position/${encodeURIComponent(eventId)}/stream`
  const state = { failures: 0, retryMs: FIRST_RETRY_MS, lastId: '' }
  for (;;) {
    try {
      const end = await readStream(path, state, { signal, onPosition })
      if (end !== null) return end
    } catch (error) {
      if (!signal.aborted && error.code === 'NOT_IN_QUEUE') return { kind: 'closed', reason: 'passed_over' }
      if (signal.aborted || isFinal(error)) throw error
    }
    state.failures++
    if (state.failures > MAX_FAILURES) throw new ApiError(0, 'NO_CONNECTION', 'the stream keeps breaking')
    // A service that restarts is announced by the stream itself; only what repeats is worth showing.
    if (state.failures > 1) onInterruption()
    await pause(
      jittered(Math.min(MAX_RETRY_MS, state.retryMs * 2 ** Math.min(state.failures - 1, 4))),
      signal,
    )
  }
}

/** @returns how it ended, or null when the stream only broke or was told to come back */
async function readStream(path, state, { signal, onPosition }) {
  const silence = new AbortController()
  let timer = setTimeout(() => silence.abort(), SILENCE_MS)
  const heard = () => {
    clearTimeout(timer)
    timer = setTimeout(() => silence.abort(), SILENCE_MS)
  }
  try {
    const bytes = await openStream(path, {
      signal: AbortSignal.any([signal, silence.signal]),
      headers: state.lastId === '' ? {} : { 'last-event-id': state.lastId },
    })
    for await (const event of readEvents(bytes, heard)) {
      if (event.retryMs !== undefined) {
        state.retryMs = Math.min(MAX_RETRY_MS, event.retryMs)
        continue
      }
      state.failures = 0
      if (event.id !== '') state.lastId = event.id
      const data = JSON.parse(event.data)
      switch (event.name) {
        case 'position':
          onPosition(data)
          break
        case 'ready':
          return { kind: 'ready', pass: data.queue_pass, passExpiresAt: data.queue_pass_expires_at }
        case 'closed':
          return data.reconnect ? null : { kind: 'closed', reason: data.reason }
      }
    }
    return null
  } finally {
    clearTimeout(timer)
  }
}

/** What another try would not change. Too many requests, and whatever is the service's own trouble, pass. */
function isFinal(error) {
  return error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429
}
