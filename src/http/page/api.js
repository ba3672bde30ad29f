/** Calls of the service: JSON in, JSON out, every refusal an ApiError with its code. */
import { tokenOf } from './session.js'

const TIMEOUT_MS = 15_000

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
  const response = await request(method, path, { body, view, headers, signal: withDeadline(signal) })
  const text = await response.text()
  const answer = text === '' ? {} : JSON.parse(text)
  if (!response.ok) throw refusal(response, answer)
  return answer
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
