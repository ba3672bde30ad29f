import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Answer {
  status: number
  body: Record<string, unknown>
}

/** Asks, and asks again while the service says that it has too much to do, as a person's client would. */
export type Ask = (method: 'GET' | 'POST', path: string, token: string, body?: object) => Promise<Answer>

const MAX_TRIES = 60
const TIMEOUT_MS = 15_000

/** @param observer.again told of each answer that asks to come back */
export function makeAsk(
  port: number,
  connections: number,
  observer: { again(status: number): void },
): Ask & { close(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })

  function once(
    method: string,
    path: string,
    token: string,
    text: string,
  ): Promise<Answer & { retryMs: number }> {
    return new Promise((resolve, reject) => {
      const headers: Record<string, string | number> = { authorization: `Bearer ${token}` }
      if (text !== '') {
        headers['content-type'] = 'application/json'
        headers['content-length'] = Buffer.byteLength(text)
      }
      const sent = request({ host: '127.0.0.1', port, method, path, headers, agent, timeout: TIMEOUT_MS })
      sent.once('timeout', () => sent.destroy(new Error(`no answer to ${path}`)))
      sent.once('error', (cause) => reject(new Error(`${method} ${path}: ${cause.message}`, { cause })))
      sent.once('response', (response) => {
        let received = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          received += chunk
        })
        response.once('error', reject)
        response.once('end', () => {
          const retryMs = Number(response.headers['retry-after'] ?? 1) * 1000
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(received || '{}'), retryMs })
        })
      })
      sent.end(text)
    })
  }

  const ask: Ask = async (method, path, token, body) => {
    const text = body === undefined ? '' : JSON.stringify(body)
    for (let tries = 1; ; tries++) {
      const answer = await once(method, `/api/v1${path}`, token, text)
      if (![429, 503, 504].includes(answer.status) || tries === MAX_TRIES) return answer
      observer.again(answer.status)
      await sleep(answer.retryMs * (0.5 + Math.random()))
    }
  }
  return Object.assign(ask, { close: () => agent.destroy() })
}
