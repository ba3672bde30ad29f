/**
 * The one table of error codes: what each means as an HTTP status, and the body that carries it. Clients may rely on
 * `code`; the message is for people.
 */
import { STATUS_CODES } from 'node:http'

export const statusOfCode = {
  INVALID_REQUEST: 400,
  UNAUTHORIZED: 401,
  TOKEN_EXPIRED: 401,
  FORBIDDEN: 403,
  QUEUE_PASS_REQUIRED: 403,
  INVALID_QUEUE_PASS: 403,
  QUEUE_PASS_EXPIRED: 403,
  QUEUE_PASS_MISMATCH: 403,
  NOT_FOUND: 404,
  ZONE_NOT_FOUND: 404,
  NOT_IN_QUEUE: 404,
  REQUEST_TIMEOUT: 408,
  INSUFFICIENT_SEATS: 409,
  MAX_TICKETS_EXCEEDED: 409,
  ALREADY_CONFIRMED: 409,
  ALREADY_RELEASED: 409,
  NOT_ON_SALE: 409,
  QUEUE_FULL: 409,
  QUEUE_NOT_OPEN: 409,
  PRICE_CHANGED: 409,
  PAYMENT_NOT_COMPLETED: 409,
  EXPIRED: 410,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  IDEMPOTENCY_KEY_REUSED: 422,
  TOO_MANY_REQUESTS: 429,
  HEADERS_TOO_LARGE: 431,
  INTERNAL_ERROR: 500,
  OVERLOADED: 503,
  UNAVAILABLE: 503,
  TIMEOUT: 504,
} as const

export type ErrorCode = keyof typeof statusOfCode

export interface ErrorBody {
  statusCode: number
  code: ErrorCode
  error: string
  message: string
  /** With PRICE_CHANGED: the price now. */
  unit_price_minor?: number
}

export function errorBody(code: ErrorCode, message: string): ErrorBody {
  const statusCode = statusOfCode[code]
  return { statusCode, code, error: STATUS_CODES[statusCode] ?? code, message }
}
