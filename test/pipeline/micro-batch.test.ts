import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeMicroBatch } from '../../src/pipeline/micro-batch.ts'

type Options = Partial<{ maxItems: number; maxWaiting: number; runs: number }>

/** A micro-batch over strings whose key is their first letter; a test ends each run itself. */
function setUp(options: Options = {}) {
  const runs: { items: string[]; end: () => void; fail: (error: Error) => void }[] = []
  const batch = makeMicroBatch<string, string>({
    maxItems: 10,
    maxWaiting: 100,
    runs: 1,
    ...options,
    keyOf: ([key = '']) => key,
    refuse: () => new Error('too many'),
    run(items) {
      const { promise, resolve, reject } = Promise.withResolvers<string[]>()
      runs.push({ items, end: () => resolve(items.map((item) => item.toUpperCase())), fail: reject })
      return promise
    },
  })
  return { batch, runs, items: () => runs.map((run) => run.items) }
}

test('an item without company goes at once and alone', async () => {
  const { batch, runs, items } = setUp()
  const answer = batch.add('a')
  assert.deepEqual(items(), [['a']])
  runs[0]?.end()
  assert.equal(await answer, 'A')
})

test('whoever comes while a batch is under way goes together with the next one', async () => {
  const { batch, runs, items } = setUp()
  const answers = ['a', 'b', 'c', 'd'].map((item) => batch.add(item))
  assert.deepEqual(items(), [['a']])
  assert.equal(batch.waiting(), 3)
  runs[0]?.end()
  assert.equal(await answers[0], 'A')
  assert.deepEqual(items(), [['a'], ['b', 'c', 'd']])
  assert.equal(batch.waiting(), 0)
  runs[1]?.end()
  assert.deepEqual(await Promise.all(answers), ['A', 'B', 'C', 'D'])
})

test('as many batches are under way as may be, and no more', async () => {
  const { batch, runs, items } = setUp({ runs: 2 })
  const answers = ['a', 'b', 'c', 'd'].map((item) => batch.add(item))
  assert.deepEqual(items(), [['a'], ['b']])
  runs[1]?.end()
  await answers[1]
  assert.deepEqual(items(), [['a'], ['b'], ['c', 'd']])
})

test('a batch has at most maxItems, in the order in which they came', async () => {
  const { batch, runs, items } = setUp({ maxItems: 2 })
  const answers = ['a', 'b', 'c', 'd'].map((item) => batch.add(item))
  runs[0]?.end()
  await answers[0]
  runs[1]?.end()
  await answers[2]
  assert.deepEqual(items(), [['a'], ['b', 'c'], ['d']])
})

test('two items of one key never share a batch, and the first comes first', async () => {
  const { batch, runs, items } = setUp()
  const answers = ['a', 'b1', 'b2', 'c'].map((item) => batch.add(item))
  runs[0]?.end()
  await answers[0]
  assert.deepEqual(items(), [['a'], ['b1', 'c']])
  runs[1]?.end()
  await answers[1]
  assert.deepEqual(items(), [['a'], ['b1', 'c'], ['b2']])
  runs[2]?.end()
  assert.deepEqual(await Promise.all(answers), ['A', 'B1', 'B2', 'C'])
})

test('two items of one key are never under way at once, though there are runs to spare', async () => {
  const { batch, runs, items } = setUp({ runs: 3 })
  const answers = ['a1', 'a2', 'b', 'a3'].map((item) => batch.add(item))
  assert.deepEqual(items(), [['a1'], ['b']])
  runs[0]?.end()
  await answers[0]
  assert.deepEqual(items(), [['a1'], ['b'], ['a2']])
  runs[2]?.end()
  await answers[1]
  assert.deepEqual(items(), [['a1'], ['b'], ['a2'], ['a3']])
})

test('whoever is one too many is refused at once, and the others are not', async () => {
  const { batch, runs } = setUp({ maxWaiting: 2 })
  const answers = ['a', 'b', 'c'].map((item) => batch.add(item))
  await assert.rejects(batch.add('d'), /too many/)
  runs[0]?.end()
  await answers[0]
  const more = batch.add('e')
  runs[1]?.end()
  assert.deepEqual(await Promise.all(answers), ['A', 'B', 'C'])
  runs[2]?.end()
  assert.equal(await more, 'E')
})

test('a batch that fails rejects every item of it, and the next one goes on', async () => {
  const { batch, runs, items } = setUp()
  const answers = ['a', 'b', 'c'].map((item) => batch.add(item))
  runs[0]?.end()
  await answers[0]
  const later = batch.add('b again')
  runs[1]?.fail(new Error('lost'))
  const [, b, c] = await Promise.allSettled(answers)
  assert.deepEqual([b?.status, c?.status], ['rejected', 'rejected'])
  assert.deepEqual(items(), [['a'], ['b', 'c'], ['b again']])
  runs[2]?.end()
  assert.equal(await later, 'B AGAIN')
})

test('a run that throws before it has begun is a batch that fails', async () => {
  const batch = makeMicroBatch<string, string>({
    ...{ maxItems: 10, maxWaiting: 10, runs: 1 },
    keyOf: (item) => item,
    refuse: () => new Error('too many'),
    run: () => {
      throw new Error('broken')
    },
  })
  await assert.rejects(batch.add('a'), /broken/)
  await assert.rejects(batch.add('a'), /broken/)
})
