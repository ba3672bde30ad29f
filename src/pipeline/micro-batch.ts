import { AsyncLocalStorage } from 'node:async_hooks'

export interface MicroBatch<Item, Result> {
  /** Resolves or rejects with what the batch said of this item. */
  add(item: Item): Promise<Result>
  waiting(): number
}

interface Waiting<Item, Result> {
  item: Item
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

/**
 * Lets concurrent callers share one piece of work: while `runs` batches are under way, whoever comes waits and goes together
 * with the next one. Without company an item goes at once and alone. Two items of the same key never share a batch.
 *
 * @param options.maxItems of one batch
 * @param options.maxWaiting callers that may wait; `refuse` makes the error that the next one gets
 * @param options.run gives the results in the order of the items; when it rejects, every item of the batch does
 */
export function makeMicroBatch<Item, Result>(options: {
  maxItems: number
  maxWaiting: number
  runs: number
  keyOf: (item: Item) => string
  run: (items: Item[]) => Promise<Result[]>
  refuse: () => Error
}): MicroBatch<Item, Result> {
  const { maxItems, maxWaiting, keyOf, run, refuse } = options
  let queue: Waiting<Item, Result>[] = []
  let running = 0
  const keysUnderWay = new Set<string>()
  /** A batch is work for many: it runs in the context of whoever made this, not of the caller who happened to start it. */
  const inNobodysName = AsyncLocalStorage.snapshot()

  function take(): Waiting<Item, Result>[] {
    const batch: Waiting<Item, Result>[] = []
    const later: Waiting<Item, Result>[] = []
    for (const waiting of queue) {
      const key = keyOf(waiting.item)
      if (batch.length < maxItems && !keysUnderWay.has(key)) {
        keysUnderWay.add(key)
        batch.push(waiting)
      } else {
        later.push(waiting)
      }
    }
    queue = later
    return batch
  }

  async function go(): Promise<void> {
    running++
    const batch = take()
    try {
      const results = await run(batch.map(({ item }) => item))
      for (const [i, { resolve }] of batch.entries()) resolve(results[i] as Result)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    } finally {
      for (const { item } of batch) keysUnderWay.delete(keyOf(item))
      running--
      start()
    }
  }

  function start(): void {
    if (running < options.runs && queue.some(({ item }) => !keysUnderWay.has(keyOf(item))))
      void inNobodysName(go)
  }

  return {
    waiting: () => queue.length,
    add(item) {
      if (queue.length >= maxWaiting) return Promise.reject(refuse())
      return new Promise((resolve, reject) => {
        queue.push({ item, resolve, reject })
        start()
      })
    },
  }
}
