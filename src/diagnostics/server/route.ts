import type { Answer } from '../captures/capture.ts'
import type { Scope } from '../link/protocol.ts'
import type { ServerSide } from './side.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

export interface Request {
  method: Method
  /** A HEAD request: the answer's head matters, its body is not sent. */
  headOnly: boolean
  query: URLSearchParams
  headers: Readonly<Record<string, string | string[] | undefined>>
  /** What follows a path that ends in `*`, decoded once. */
  rest: string
  /** Null on an open route, for whoever sent no token. */
  scope: Scope | null
  remoteAddress: string
  /** Aborted when the client hangs up, or the server stops. */
  signal: AbortSignal
  /** @throws Refusal body_too_large (413) */
  text(): Promise<string>
  /** @throws Refusal body_too_large (413) */
  bytes(maxBytes: number): Promise<Uint8Array>
  server: ServerSide
}

export type Reply =
  | (Answer & { status?: number })
  /** To HEAD, where only the answer itself would show its type and length. */
  | {
      status?: number
      contentType?: undefined
      body?: undefined
      fileName?: undefined
      headers?: Answer['headers']
    }

/** One path of the server. */
export interface Route {
  /** Exact, or with `*` for its last part. It is the label of the route's metrics. */
  path: string
  /** The scope that each method needs; `open` needs none. GET answers HEAD as well. */
  methods: Partial<Record<Method, Scope | 'open'>>
  answer(request: Request): Reply | Promise<Reply>
}
