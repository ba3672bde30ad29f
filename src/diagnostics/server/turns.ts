import { Refusal } from '../refusal.ts'

/** Work that takes much memory, one after the other. So many at most are there at a time, those that wait included. */
export function makeTurns(code: string, max: number) {
  let inside = 0
  let last: Promise<unknown> = Promise.resolve()

  /**
   * @param prepare goes on beside others: whoever is slow to send holds up nobody
   * @throws Refusal with that code (429)
   */
  async function take<P, T>(prepare: () => Promise<P>, work: (prepared: P) => Promise<T>): Promise<T> {
    if (inside >= max) {
      const message = `${max} of these are under way`
      throw new Refusal({ status: 429, code, message, headers: { 'retry-after': '1' } })
    }
    inside++
    try {
      const prepared = await prepare()
      const mine = last.then(() => work(prepared))
      last = mine.catch(() => {})
      return await mine
    } finally {
      inside--
    }
  }

  return { take }
}
