import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { before, test } from 'node:test'
import { openPool } from '../../src/postgres/pool.ts'
import { openDatabase, withoutPostgres } from '../support/stores.ts'

const skip = withoutPostgres
let url: string

before(async (t) => {
  if (!skip) url = (await openDatabase(t as never)).url
})

test('a statement belongs to whoever sent it, although another gave the connection back', {
  skip,
}, async (t) => {
  const who = new AsyncLocalStorage<string>()
  const sent: [string, string | undefined][] = []
  const ended: unknown[] = []
  let waited = 0
  const pool = await openPool({
    ca: null,
    url,
    max: 1,
    min: 1,
    lifetimeSeconds: 1800,
    idleTimeoutMs: 60_000,
    connectTimeoutMs: 5000,
    connectRetries: 0,
    connectRetryIntervalMs: 100,
    statementTimeoutMs: 10_000,
    name: 'observed',
    observer: {
      acquiring: () => () => waited++,
      querying(query) {
        sent.push([query, who.getStore()])
        return (error) => ended.push(error)
      },
    },
  })
  t.after(() => pool.end())
  await who.run('ada', async () => {
    const client = await pool.connect()
    // They wait for the one connection; ada gives it back.
    const waiting = [
      who.run('bob', () => pool.query({ name: 'of_bob', text: 'SELECT 1' })),
      who.exit(() => pool.query({ name: 'of_nobody', text: 'SELECT 1' })),
      who.run('cid', () => pool.query('SELECT pg_sleep(0)')),
    ]
    await client.query('BEGIN')
    await client.query('COMMIT')
    client.release()
    await Promise.all(waiting)
  })
  assert.deepEqual(sent, [
    ['begin', 'ada'],
    ['commit', 'ada'],
    ['of_bob', 'bob'],
    ['of_nobody', undefined],
    ['select', 'cid'],
  ])
  assert.deepEqual(ended, [null, null, null, null, null])
  assert.equal(waited, 5, 'the connection made in advance, and four callers')

  await assert.rejects(pool.query('SELEC 1'), /syntax error/)
  assert.match(String(ended.at(-1)), /syntax error/)
  assert.equal(sent.at(-1)?.[0], 'other', 'what no statement of the code begins with is not told apart')
})
