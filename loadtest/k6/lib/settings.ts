/** What a run is told by its environment. A scenario whose data is missing stops with an error before it sends anything. */
import { SharedArray } from 'k6/data'

export interface Sale {
  eventId: string
  zoneId: string
}

export const baseUrl = `${required('BASE_URL')}/api/v1`

/** One access token a line, each of another person; shared by all users of k6. */
export const tokens = new SharedArray('tokens', () => lines(required('TOKENS')))

/** What is sold: `{"eventId": …, "zoneId": …}`. */
export const sale: Sale = JSON.parse(open(required('SALE')))

export function numberOf(name: string, fallback: number): number {
  const value = Number(__ENV[name] ?? fallback)
  if (!(value > 0)) throw new Error(`${name} must be a number above 0, not ${__ENV[name]}`)
  return value
}

export function textOf(name: string, fallback: string): string {
  return __ENV[name] ?? fallback
}

function required(name: string): string {
  const value = __ENV[name]
  if (!value) throw new Error(`${name} is not set: see loadtest/k6/README.md`)
  return value
}

function lines(path: string): string[] {
  const found = open(path).split('\n').filter(Boolean)
  if (found.length === 0) throw new Error(`${path} is empty`)
  return found
}
