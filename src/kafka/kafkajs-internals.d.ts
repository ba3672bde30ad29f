/** What is not in kafkajs's own types and is needed of it: see quiet-request-queue.ts. */
declare module 'kafkajs/src/network/requestQueue/index.js' {
  interface PushedRequest {
    entry: { correlationId: number; resolve(): void; reject(): void }
    expectResponse: boolean
    sendRequest(): void
  }

  export default class RequestQueue {
    constructor(options: {
      maxInFlightRequests: number | null
      requestTimeout: number
      enforceRequestTimeout: boolean
      clientId: string
      broker: string
      logger: { debug(): void; warn(): void }
    })
    pending: unknown[]
    /** Unix time in milliseconds; -1: not throttled. */
    throttledUntil: number
    throttleCheckTimeoutId: NodeJS.Timeout | null
    push(request: PushedRequest): void
    maybeThrottle(ms: number): void
    fulfillRequest(response: { correlationId: number; payload: Buffer; size: number }): void
    checkPendingRequests(): void
    scheduleCheckPendingRequests(): void
  }
}
