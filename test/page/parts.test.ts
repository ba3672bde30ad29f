/** The page's modules that need no browser. */
import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'

const load = (name: string) => import(resolve(import.meta.dirname, '../../src/http/page', name))
const { readEvents } = await load('sse.js')
const { isWorthSaying } = await load('worth-saying.js')
const { clock, money, roughly } = await load('format.js')

async function eventsOf(pieces: readonly string[]): Promise<unknown[]> {
  const bytes = ReadableStream.from(pieces.map((piece) => Buffer.from(piece)))
  const events: unknown[] = []
  for await (const event of readEvents(bytes)) events.push(event)
  return events
}

const stream =
  ': hello\r\nretry: 1500\r\n\r\nid: p7\r\nevent: position\r\ndata: {"position":7}\r\n\r\n:\n\ndata: one\ndata:two\n\n'
const parsed = [
  { retryMs: 1500 },
  { name: 'position', data: '{"position":7}', id: 'p7' },
  { name: 'message', data: 'one\ntwo', id: 'p7' },
]

test('a stream of events is read the same however it is cut into pieces', async () => {
  assert.deepEqual(await eventsOf([stream]), parsed)
  for (let cut = 1; cut < stream.length; cut++) {
    assert.deepEqual(await eventsOf([stream.slice(0, cut), stream.slice(cut)]), parsed, `cut at ${cut}`)
  }
})

test('an event that never ends is not collected for ever', async () => {
  await assert.rejects(eventsOf(['data: ', 'x'.repeat(70_000)]), /too long/)
})

test('a place is read out at first, when it has halved, and every half minute while it moves', () => {
  const at = (position: number, seconds: number) => ({ position, atMs: seconds * 1000 })
  assert.equal(isWorthSaying(null, at(900, 0)), true)
  assert.equal(isWorthSaying(at(900, 0), at(880, 1)), false)
  assert.equal(isWorthSaying(at(900, 0), at(450, 1)), true)
  assert.equal(isWorthSaying(at(900, 0), at(880, 30)), true)
  assert.equal(isWorthSaying(at(900, 0), at(900, 300)), false)
})

test('money has as many decimals as its currency, and waits no more precision than is known', () => {
  assert.match(money(123_456, 'EUR'), /1,234\.56/)
  assert.match(money(123_456, 'JPY'), /123,456$/)
  assert.deepEqual([clock(600_000), clock(8_001), clock(-5)], ['10:00', '0:09', '0:00'])
  assert.deepEqual(
    [roughly(2), roughly(31), roughly(3600)],
    ['a moment', 'about 35 seconds', 'about 60 minutes'],
  )
})
