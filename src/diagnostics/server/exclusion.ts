import { Refusal } from '../refusal.ts'

/** One capture of a kind at a time: two of them would disturb each other, and their costs would add up. */
export function makeExclusion() {
  const endsMs = new Map<string, number>()
  return {
    /** @returns how to leave. @throws Refusal capture_running (429) with the seconds until it should be over */
    enter(key: string, forMs: number): () => void {
      const endMs = endsMs.get(key)
      if (endMs !== undefined) {
        const seconds = Math.max(1, Math.ceil((endMs - performance.now()) / 1000))
        const headers = { 'retry-after': String(seconds) }
        throw new Refusal({
          status: 429,
          code: 'capture_running',
          message: `${key} is being captured`,
          headers,
        })
      }
      endsMs.set(key, performance.now() + forMs)
      return () => void endsMs.delete(key)
    },
  }
}
