/**
 * What a connection and a request may take. The seed's server has the same, and no write timeout, because of its
 * streams; here an answer may take as long as it moves.
 */
export interface ServerLimits {
  headersTimeoutMs: number
  /** Headers and body. */
  requestTimeoutMs: number
  /** How often the two above are looked at: an overrun is noticed this much later. */
  connectionsCheckMs: number
  keepAliveTimeoutMs: number
  /** A connection on which nothing moves, while a request is under way or its answer is not taken. Streams say something sooner. */
  stalledTimeoutMs: number
  /** From routing to the answer. */
  handlerTimeoutMs: number
  maxHeaderBytes: number
  maxBodyBytes: number
  maxConnections: number
}

export const serverLimits: Readonly<ServerLimits> = {
  headersTimeoutMs: 2000,
  requestTimeoutMs: 5000,
  connectionsCheckMs: 500,
  keepAliveTimeoutMs: 120_000,
  stalledTimeoutMs: 30_000,
  handlerTimeoutMs: 10_000,
  maxHeaderBytes: 1024 * 1024,
  maxBodyBytes: 64 * 1024,
  maxConnections: 20_000,
}
