/** Rejects what is not answered in time, with one timer for everything that is under way. */
export interface Deadlines {
  /** Settles as the work does, or rejects with `late()` when its time is over. */
  limit<T>(work: Promise<T>): Promise<T>
  stop(): void
}

/** A deadline is looked at this many times before it is over. */
const LOOKS = 5

interface Waiting {
  looksLeft: number
  giveUp: () => void
}

/**
 * Time counts only while this process could have received the answer: a deadline is a number of looks, one in each turn of a
 * timer. When the event loop was blocked for longer than the deadline, the answers that came meanwhile are read before
 * the next look; a timer for each command would have rejected them all first.
 *
 * @param timeoutMs between four fifths and the whole of it pass before work is given up, on a loop that is not blocked
 */
export function makeDeadlines(timeoutMs: number, late: () => Error): Deadlines {
  const waiting = new Set<Waiting>()

  function look(): void {
    for (const entry of waiting) {
      if (--entry.looksLeft > 0) continue
      waiting.delete(entry)
      entry.giveUp()
    }
  }

  const timer = setInterval(look, Math.max(1, Math.floor(timeoutMs / LOOKS))).unref()
  return {
    limit(work) {
      return new Promise((resolve, reject) => {
        const entry = { looksLeft: LOOKS, giveUp: () => reject(late()) }
        waiting.add(entry)
        work.then(
          (value) => {
            waiting.delete(entry)
            resolve(value)
          },
          (error: unknown) => {
            waiting.delete(entry)
            reject(error)
          },
        )
      })
    },
    stop: () => clearInterval(timer),
  }
}
