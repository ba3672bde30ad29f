import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, Ask, Town } from './people.ts'
import { people } from './people.ts'

const ANSWER_TIMEOUT_MS = 15_000
/** Ways under way at a time, of one kind of person. */
const MAX_UNDER_WAY = 50

/** One question, one answer: what is refused is not asked again. */
export function makeAsk(apiUrl: string): Ask {
  return async (method, path, token, body): Promise<Answer> => {
    const response = await fetch(`${apiUrl}/api/v1${path}`, {
      method,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? {} : JSON.parse(text) }
  }
}

export interface Crowd {
  /** Lets everybody who is under way come to an end. @returns how many ways were gone, and how many broke off */
  leave(): Promise<{ gone: number; brokenOff: number }>
}

/** Sends people of every kind on their way, each kind at its own pace, until they are told to leave. */
export function sendPeople(town: Town): Crowd {
  const leaving = new AbortController()
  let gone = 0
  let brokenOff = 0
  const kinds = Object.values(people).map(async ({ everyMs, go }) => {
    const underWay = new Set<Promise<unknown>>()
    while (!leaving.signal.aborted) {
      if (underWay.size < MAX_UNDER_WAY) {
        const way: Promise<unknown> = go(town)
          .then(
            () => void gone++,
            // Redis is frozen on purpose for a while, and connections may break over it.
            () => void brokenOff++,
          )
          .finally(() => underWay.delete(way))
        underWay.add(way)
      }
      await sleep(everyMs, undefined, { signal: leaving.signal }).catch(() => undefined)
    }
    await Promise.all(underWay)
  })
  return {
    async leave() {
      leaving.abort()
      await Promise.all(kinds)
      return { gone, brokenOff }
    },
  }
}
