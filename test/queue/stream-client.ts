/** Reads server-sent events over a socket of its own, as a person's browser would with the fetch API. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http'

export interface StreamEvent {
  event: string
  id: string | null
  data: Record<string, unknown>
}

export interface TestStream {
  response: IncomingMessage
  /** Everything that came so far. */
  events: StreamEvent[]
  comments(): number
  /** The text as it came. */
  text(): string
  /** Resolves with the first event, already here or to come, that fits. @throws when the stream ends before */
  until(fits: (event: StreamEvent) => boolean): Promise<StreamEvent>
  ended: Promise<void>
  close(): void
}

export async function openStream(url: string, headers: Record<string, string>): Promise<TestStream> {
  const sent: ClientRequest = request(url, { headers })
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve)
    sent.once('error', reject)
    sent.end()
  })
  sent.on('error', () => {})
  const events: StreamEvent[] = []
  const waiting = new Set<() => void>()
  let text = ''
  let parsed = 0
  let comments = 0
  let over = false
  response.setEncoding('utf8')
  response.on('error', () => {})
  response.on('data', (chunk: string) => {
    text += chunk
    for (let end = text.indexOf('\n\n', parsed); end >= 0; end = text.indexOf('\n\n', parsed)) {
      const event = parse(text.slice(parsed, end))
      if (event) events.push(event)
      else comments++
      parsed = end + 2
    }
    for (const look of waiting) look()
  })
  const ended = new Promise<void>((resolve) => {
    response.once('close', () => {
      over = true
      for (const look of waiting) look()
      resolve()
    })
  })
  return {
    response,
    events,
    ended,
    comments: () => comments,
    text: () => text,
    close: () => sent.destroy(),
    until(fits) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const found = events.find(fits)
          if (!found && !over) return
          waiting.delete(look)
          if (found) resolve(found)
          else reject(new Error(`the stream ended without it: ${text}`))
        }
        waiting.add(look)
        look()
      })
    },
  }
}

function parse(frame: string): StreamEvent | null {
  const field = (name: string) =>
    frame
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2)
  const data = field('data')
  if (data === undefined) return null
  return { event: field('event') ?? 'message', id: field('id') ?? null, data: JSON.parse(data) }
}
