import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import Fastify from 'fastify'
import { type EventStream, makeEventStreams, type StreamLimits } from '../../src/http/event-stream.ts'
import { openStream } from '../queue/stream-client.ts'

const limits: StreamLimits = { keepAliveMs: 30, roundMs: 10, unreadMaxBytes: 16 * 1024, unreadMaxMs: 200 }

/** A server whose every answer is a stream. */
async function open(t: TestContext, more: Partial<StreamLimits> = {}) {
  let dropped = 0
  const opened: EventStream[] = []
  const arrivals = new Set<() => void>()
  const streams = makeEventStreams({ dropped: () => dropped++ }, { ...limits, ...more })
  const app = Fastify()
  app.get('/', async (_request, reply) => {
    opened.push(streams.open(reply, () => {}))
    for (const arrived of arrivals) arrived()
  })
  t.after(async () => {
    streams.endAll('closed', '{}', 1)
    streams.stop()
    await app.close()
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return {
    url,
    streams,
    dropped: () => dropped,
    async first(): Promise<EventStream> {
      while (!opened[0]) await new Promise<void>((resolve) => arrivals.add(resolve))
      return opened[0]
    },
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
}

test('a stream on which nothing happens is kept alive by comments', async (t) => {
  const { url } = await open(t)
  const stream = await openStream(url, {})
  await until(() => stream.comments() >= 3)
  assert.match(stream.text(), /^: keep-alive\n\n/)
  stream.close()
})

test('a reader that stops reading is dropped before it fills the memory, and the others are not', async (t) => {
  const server = await open(t)
  const slow = connect(Number(new URL(server.url).port), '127.0.0.1')
  slow.on('error', () => {})
  slow.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const writer = await server.first()
  slow.pause()
  const good = await openStream(server.url, {})
  let frames = 0
  while (server.dropped() === 0) {
    writer.send('position', null, 'x'.repeat(4096))
    assert.ok(++frames < 100_000)
    if (frames % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await until(() => server.streams.size() === 1)
  await until(() => good.comments() > 0)
  good.close()
  slow.destroy()
})

test('a reader that is behind does not get what a later frame replaces', async (t) => {
  const server = await open(t, { unreadMaxBytes: 64 * 1024 * 1024, unreadMaxMs: 60_000 })
  const slow = connect(Number(new URL(server.url).port), '127.0.0.1')
  slow.on('error', () => {})
  slow.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const writer = await server.first()
  slow.pause()
  // More than the two sockets' buffers take.
  writer.send('filler', null, 'x'.repeat(16 * 1024 * 1024))
  for (let i = 0; i < 100; i++) writer.send('position', null, `{"n":${i}}`, { replaceable: true })
  writer.send('ready', null, '{}')
  let text = ''
  slow.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString('latin1')).slice(-10_000)
  })
  slow.resume()
  await until(() => text.includes('event: ready'))
  assert.doesNotMatch(text, /event: position/)
  slow.destroy()
})

test('a stream ends when its reader hangs up', async (t) => {
  const server = await open(t)
  const stream = await openStream(server.url, {})
  await until(() => server.streams.size() === 1)
  stream.close()
  await until(() => server.streams.size() === 0)
})

test('the end of all streams tells each when to come back', async (t) => {
  const server = await open(t)
  const stream = await openStream(server.url, {})
  await server.first()
  server.streams.endAll('closed', '{"reason":"shutdown"}', 1000)
  await once(stream.response, 'close')
  assert.match(stream.text(), /retry: \d+\nevent: closed\ndata: {"reason":"shutdown"}\n\n$/)
})
