/** docs/tutorial-slow-function.md: the slow function is found by the commands of the page, and its absence is seen by them. */
import assert from 'node:assert/strict'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { has } from '../../diagnostics/programs.ts'
import { type StoreAddresses, startService } from '../../faults/process.ts'
import { withoutStores } from '../../page/service.ts'
import { uniqueName } from '../../support/restartable.ts'
import { openDatabase, openKafka, openRedis } from '../../support/stores.ts'
import { type Command, commandsOfPages, root } from '../commands.ts'
import { type Reader, runPage } from '../run-page.ts'
import type { Ran } from '../shell.ts'

const PAGE = 'docs/tutorial-slow-function.md'
const page = commandsOfPages().filter(({ page: name, fenced }) => fenced && name === PAGE)
const between = (from: RegExp, to: RegExp) => {
  const first = page.findIndex(({ text }) => from.test(text))
  const last = page.findIndex(({ text }, i) => i > first && to.test(text))
  assert.ok(first >= 0 && last > first, `the page has ${from} and then ${to}`)
  return page.slice(first + 1, last)
}

test('a slow function is found by the commands of the tutorial, and after the fix they say that it is gone', {
  skip: withoutStores,
}, async (t) => {
  if (!has(t, 'go')) return
  const [redis, database, kafka] = [await openRedis(t), await openDatabase(t), openKafka(t)]
  const stores: StoreAddresses = {
    redisUrl: redis.url,
    databaseUrl: database.url,
    kafkaBrokers: kafka.brokers,
    topicPrefix: `${kafka.topic('tutorial')}.`,
  }
  const settings = { DIAGNOSTICS_DIR: join(process.env['FLOODGATE_TEST_DIR'] ?? '', uniqueName('kept')) }
  const slow = await startService(t, 'all', stores, {
    ...settings,
    MISTAKE: 'slow-json',
    NODE_OPTIONS: `--import=${resolve(root, 'loadtest/drills/mistakes/mistake.mjs')}`,
  })
  const load = between(/^MISTAKE=/, /^seq /)
  const looks = between(/^seq /, /^npm start$/)
  const [crowd] = page.filter(({ text }) => text.startsWith('seq ')) as [Command]
  const fixed = page.slice(page.findIndex(({ text }) => text === 'npm start') + 1)
  assert.ok(load.length > 0 && looks.length > 0 && fixed.length > 0)

  const at = (service: Reader['service']): Reader => ({ service, stores, dir: 'tutorial', captureSeconds: 4 })
  const found = await besideCrowd(at(slow), looks)
  const peek = found.find(({ text }) => text.startsWith('go tool pprof -peek'))
  assert.match(peek?.stdout ?? '', /describeEverySeat/)
  assert.equal(await slow.end('SIGTERM'), 0)

  const sound = await startService(t, 'all', stores, settings)
  const compared = await besideCrowd(at(sound), fixed)
  const difference = compared.find(({ text }) => text.includes('-diff_base'))
  assert.match(difference?.stdout ?? '', /^ *-.* describeEverySeat$/m)

  /** A smaller crowd than the page's, which comes again until everything has been looked at: it must not starve the other tests. */
  async function besideCrowd(reader: Reader, commands: readonly Command[]): Promise<Ran[]> {
    const asked = { page: PAGE, line: 0, text: 'echo "$BODY"', fenced: true }
    const body = (await runPage([...load, asked], reader)).at(-1)?.stdout.trim() ?? ''
    const few = { ...crowd, text: crowd.text.replace(/^seq \d+ \| xargs -P \d+/, 'seq 40 | xargs -P 2') }
    let isOver = false
    const coming = (async () => {
      while (!isOver) await runPage([few], { ...reader, more: { BODY: body } })
    })()
    try {
      return await runPage(commands, reader)
    } finally {
      isOver = true
      await coming
    }
  }
})
