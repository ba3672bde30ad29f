import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  asking,
  countStatements,
  explainRepeats,
  statement,
  statementRepeats,
} from '../../src/diagnostics/index.ts'

/** Nothing of an earlier test is remembered by the time that this one sees. */
let testsMs = 0

function openClock(t: TestContext): { pass(ms: number): void } {
  testsMs += 1_000_000
  let nowMs = testsMs
  t.mock.method(performance, 'now', () => nowMs)
  return {
    pass(ms) {
      nowMs += ms
    },
  }
}

/** As a pool does: whoever wants a connection is seen when they ask, and the statement is sent later. */
async function send(text: string): Promise<void> {
  asking()
  await new Promise((resolve) => process.nextTick(resolve))
  statement(text)
}

async function askForEachSeat(seats: number): Promise<void> {
  for (let seat = 0; seat < seats; seat++) await send('SELECT name FROM seats WHERE number = $1')
}

test('a request that sends one statement for each item is told with its statement and its function', async (t) => {
  openClock(t)
  await countStatements('/seats', async () => {
    await send('SELECT count(*) FROM seats')
    await askForEachSeat(12)
  })
  assert.equal(statementRepeats(), 12)
  assert.match(
    explainRepeats(),
    /^One request of \/seats sent the same statement 12 times, asked by askForEachSeat \(test\/diagnostics\/repeats\.test\.ts:\d+\): SELECT name FROM seats WHERE number = \$1$/,
  )
})

test('many requests that send a few statements each are no repeats, however many there are at a time', async (t) => {
  openClock(t)
  const requests = Array.from({ length: 200 }, () => countStatements('/seats', () => askForEachSeat(3)))
  await Promise.all(requests)
  assert.equal(statementRepeats(), 0)
  assert.equal(explainRepeats(), '')
})

test('many different statements of one request are no repeats', async (t) => {
  openClock(t)
  await countStatements('/all', async () => {
    for (let table = 0; table < 300; table++) await send(`SELECT count(*) FROM table_${table}`)
  })
  assert.equal(statementRepeats(), 0)
})

test('what is sent for nobody, or long after the request began, is not counted', async (t) => {
  const clock = openClock(t)
  await askForEachSeat(50)
  await countStatements('/stream', async () => {
    await askForEachSeat(5)
    clock.pass(8001)
    await askForEachSeat(50)
  })
  assert.equal(statementRepeats(), 0)
})

test('who asked is looked up now and then, and is never the pool', async (t) => {
  const clock = openClock(t)
  for (let request = 0; request < 30; request++) {
    await countStatements('/seats', async () => {
      await askForEachSeat(9)
      clock.pass(45)
      await askForEachSeat(1)
      clock.pass(30)
      await askForEachSeat(2)
    })
    assert.match(explainRepeats(), /asked by askForEachSeat /)
  }
})

test('a transaction asks once; whoever sends its statements is named', async (t) => {
  openClock(t)
  function insertEach(): void {
    for (let seat = 0; seat < 12; seat++) statement('INSERT INTO seats VALUES ($1)')
  }
  countStatements('/seats', () => {
    asking()
    insertEach()
  })
  assert.match(explainRepeats(), /12 times, asked by insertEach \(.*repeats\.test\.ts:\d+\): INSERT/)
})

test('the number falls when nobody does it any more', async (t) => {
  const clock = openClock(t)
  await countStatements('/seats', () => askForEachSeat(20))
  assert.equal(statementRepeats(), 20)
  clock.pass(1000)
  await countStatements('/seats', () => askForEachSeat(11))
  assert.equal(statementRepeats(), 20, 'the worst of the last two seconds')
  clock.pass(1500)
  assert.equal(statementRepeats(), 11)
  clock.pass(1500)
  assert.equal(statementRepeats(), 0)
  assert.match(explainRepeats(), /20 times/)
})
