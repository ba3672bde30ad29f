import { request } from 'node:http'

export interface Answered {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
  json: { code?: string; message?: string } & Record<string, unknown>
}

/** One request with exactly these headers: fetch would write Host by itself. */
export function ask(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body } = options
    const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part) => {
        text += part
      })
      response.on('error', reject)
      response.on('end', () => {
        const isJson = response.headers['content-type'] === 'application/json' && text !== ''
        const json = isJson ? JSON.parse(text) : {}
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text, json })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
