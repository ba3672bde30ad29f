/**
 * The diagnostics port: what a person or a scraper may ask of a running process, away from its users' port. Usable by any
 * Node service; it knows nothing of what the service does.
 */
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface DiagnosticsOptions {
  host: string
  port: number
  metrics: { contentType: string; metrics(): Promise<string> }
}

export interface Diagnostics {
  /** The port it listens on; another than asked for when 0 was asked for. */
  port: number
  stop(): Promise<void>
}

/** Serves /metrics (Prometheus text) and /health. @throws when the port is taken */
export async function startDiagnostics({ host, port, metrics }: DiagnosticsOptions): Promise<Diagnostics> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return answer(response, 405, 'text/plain', 'GET only\n')
    if (pathname === '/health') return answer(response, 200, 'application/json', '{"status":"alive"}\n')
    if (pathname !== '/metrics') return answer(response, 404, 'text/plain', '/metrics and /health are here\n')
    metrics.metrics().then(
      (text) => answer(response, 200, metrics.contentType, text),
      (error: unknown) => answer(response, 500, 'text/plain', `${String(error)}\n`),
    )
  })
  await listen(server, host, port)
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function answer(response: ServerResponse, statusCode: number, contentType: string, body: string): void {
  response.writeHead(statusCode, {
    'content-type': contentType,
    'cache-control': 'no-store',
  })
  response.end(body)
}
