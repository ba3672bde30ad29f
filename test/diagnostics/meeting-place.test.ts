import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { onFrames, sendFrame } from '../../src/diagnostics/link/frames.ts'
import { openMeetingPlace } from '../../src/diagnostics/link/meeting-place.ts'
import type { Call, Reply } from '../../src/diagnostics/link/protocol.ts'
import { until } from './running-app.ts'

const call = (process: number): Call => ({
  kind: 'call',
  id: 1,
  process,
  name: 'beside:x',
  params: { n: Number.NaN },
})

async function open(t: TestContext) {
  const replies: Reply[] = []
  const place = await openMeetingPlace((message) => {
    if (message.kind === 'reply') replies.push(message)
  })
  t.after(() => place.close())
  const come = (): Socket => {
    const socket = connect(place.meeting.path).on('error', () => {})
    t.after(() => socket.destroy())
    return socket
  }
  return { place, replies, come }
}

test('a thread that knows the secret is asked, and answers for the number that it came with', async (t) => {
  const { place, replies, come } = await open(t)
  assert.throws(() => place.post(call(3)), { code: 'not_connected', status: 503 })
  const socket = come()
  const asked: unknown[] = []
  onFrames(socket, 1000, (message) => asked.push(message))
  sendFrame(socket, { kind: 'hello', secret: place.meeting.secret, process: 3 })
  await until(() => {
    try {
      place.post(call(3))
      return true
    } catch {
      return false
    }
  })
  await until(() => asked.length > 0)
  assert.deepEqual(asked[0], call(3))
  const value = new Uint8Array(100_000).fill(7)
  sendFrame(socket, { kind: 'reply', id: 1, process: 99, ok: true, value })
  await until(() => replies.length > 0)
  assert.deepEqual(replies, [{ kind: 'reply', id: 1, process: 3, ok: true, value }])

  socket.destroy()
  await until(() => {
    try {
      place.post(call(3))
      return false
    } catch {
      return true
    }
  })
})

test('whoever does not know the secret, or announces too much, is cut off', async (t) => {
  const { place, replies, come } = await open(t)
  for (const hello of [
    { kind: 'hello', secret: place.meeting.secret.replaceAll(/./g, '0'), process: 1 },
    { kind: 'hello', secret: 7, process: 1 },
    { kind: 'reply', id: 1, process: 1, ok: true, value: 1 },
  ]) {
    const socket = come()
    sendFrame(socket, hello)
    await once(socket.resume(), 'close')
  }
  const loud = come()
  loud.write(Buffer.from([0xff, 0xff, 0xff, 0xff]))
  await once(loud.resume(), 'close')
  assert.deepEqual(replies, [])
})

test('messages arrive whole however the bytes are cut', async (t) => {
  const { place, replies, come } = await open(t)
  const cut = { written: [] as Buffer[], write: (bytes: Buffer) => cut.written.push(bytes) }
  sendFrame(cut as never, { kind: 'hello', secret: place.meeting.secret, process: 1 })
  for (let id = 0; id < 3; id++)
    sendFrame(cut as never, { kind: 'reply', id, process: 1, ok: true, value: id })
  const bytes = Buffer.concat(cut.written)
  const socket = come()
  socket.setNoDelay(true)
  await once(socket, 'connect')
  for (let from = 0; from < bytes.length; from += 3) {
    socket.write(bytes.subarray(from, from + 3))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await until(() => replies.length === 3)
  assert.deepEqual(
    replies.map(({ id }) => id),
    [0, 1, 2],
  )
})
