import type { Socket } from 'node:net'
import { type ErrorCode, errorBody } from './errors.ts'

const codeOfSocketError: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
}

const messages: Partial<Record<ErrorCode, string>> = {
  HEADERS_TOO_LARGE: 'the headers are too large',
  REQUEST_TIMEOUT: 'the request did not arrive in time',
}

/** Answers what is not HTTP, or not in time, in the shape of every other error, and closes the connection. */
export function answerSocketError(error: Error & { code?: string }, socket: Socket): void {
  // Nobody is there any more, or half an answer is on its way already and must not be mixed with another.
  if (error.code === 'ECONNRESET' || !socket.writable || answerBegun(socket)) {
    socket.destroy()
    return
  }
  const code = codeOfSocketError[error.code ?? ''] ?? 'INVALID_REQUEST'
  const body = errorBody(code, messages[code] ?? 'this is not a valid HTTP request')
  const text = JSON.stringify(body)
  socket.end(
    `HTTP/1.1 ${body.statusCode} ${body.error}\r\n` +
      `Content-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(text)}\r\n` +
      `Connection: close\r\n\r\n${text}`,
    () => socket.destroy(),
  )
}

/** Node keeps the response that a socket is busy with in `_httpMessage`, and documents this check for it. */
function answerBegun(socket: Socket & { _httpMessage?: { headersSent: boolean } | null }): boolean {
  return socket._httpMessage?.headersSent === true
}
