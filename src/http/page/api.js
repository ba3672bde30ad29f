/** Calls of the service: JSON in, JSON out, every refusal an ApiError with its code. */
import { tokenOf } from './session.js'
import { pause } from './wait.js'

const TIMEOUT_MS = 15_000
const MAX_RETRIES = 3
const MAX_RETRY_AFTER_SECONDS = 10

/** What the service refused, and why: `code` is stable, the message is for people. */
export class ApiError extends Error {
  constructor(status, code, message, body = {}) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.code = code
    this.body = body
  }
}

let clockAheadMs = 0

/** The service's clock, so that a countdown is right on a machine whose own is not. */
export const serverNow = () => Date.now() + clockAheadMs

/** @param options.view whose token is sent; null: nobody's */
export async function call(method, path, { body, view = 'customer', signal, headers = {} } = {}) {
  for (let retries = 0; ; retries++) {
    const response = await request(method, path, { body, view, headers, signal: withDeadline(signal) })
    const text = await response.text()
    const answer = text === '' ? {} : JSON.parse(text)
    if (response.ok) return answer
    const waitMs = retries < MAX_RETRIES ? retryAfterMs(response) : null
    if (waitMs === null) throw refusal(response, answer)
    await pause(waitMs, signal ?? new AbortController().signal)
  }
}

/**
 * How long the service asks to wait before the same again, and a little longer, so that not everybody comes back at
 * once. null: it does not ask. Whatever this page sends may be sent twice.
 */
function retryAfterMs(response) {
  if (response.status !== 503 && response.status !== 429) return null
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return seconds <= MAX_RETRY_AFTER_SECONDS ? seconds * 1000 * (1 + Math.random() / 2) : null
}

/** The open answer of a stream; whoever reads it watches over it. */
export async function openStream(path, { signal, headers = {} }) {
  const accept = { accept: 'text/event-stream', ...headers }
  const response = await request('GET', path, { view: 'customer', signal, headers: accept })
  if (!response.ok) throw refusal(response, await response.json())
  return response.body
}

async function request(method, path, { body, view, headers, signal }) {
  const token = view === null ? null : tokenOf(view)
  let response
  try {
    response = await fetch(path, {
      method,
      signal,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    })
  } catch (error) {
    if (error.name === 'TimeoutError')
      throw new ApiError(0, 'NO_ANSWER', 'the service did not answer in time')
    if (signal?.aborted) throw error
    throw new ApiError(0, 'NO_CONNECTION', 'the service cannot be reached')
  }
  const date = Date.parse(response.headers.get('date') ?? '')
  // The header is cut to the second: half a second is the middle of what it may mean.
  if (!Number.isNaN(date))
    clockAheadMs = Math.abs(date + 500 - Date.now()) < 1500 ? 0 : date + 500 - Date.now()
  return response
}

function refusal(response, answer) {
  const code = answer.code ?? `HTTP_${response.status}`
  return new ApiError(response.status, code, answer.message ?? response.statusText, answer)
}

function withDeadline(signal) {
  const deadline = AbortSignal.timeout(TIMEOUT_MS)
  return signal ? AbortSignal.any([signal, deadline]) : deadline
}
