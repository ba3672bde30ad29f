/** What a run is told by its environment. A scenario whose data is missing stops with an error before it sends anything. */
import { SharedArray } from 'k6/data'

export interface Sale {
  eventId: string
  zoneIds: string[]
}

export const baseUrl = `${required('BASE_URL')}/api/v1`

/** One access token a line, each of another person; shared by all users of k6. */
export const tokens = new SharedArray('tokens', () => lines(required('TOKENS')))

/** What is sold: `{"eventId": …, "zoneIds": […]}`. */
export const sale: Sale = saleOf(required('SALE'))

/** The person whose turn it is: everybody has had one before anybody has another. */
export function tokenOf(turn: number): string {
  return tokens[turn % tokens.length] as string
}

export function zoneOf(turn: number): string {
  return sale.zoneIds[turn % sale.zoneIds.length] as string
}

export function numberOf(name: string, fallback: number): number {
  const value = Number(__ENV[name] ?? fallback)
  if (!(value > 0)) throw new Error(`${name} must be a number above 0, not ${__ENV[name]}`)
  return value
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

function saleOf(path: string): Sale {
  const found = JSON.parse(open(path)) as Partial<Sale>
  if (!found.eventId || !found.zoneIds?.length) throw new Error(`${path} names no event, or no zone of it`)
  return found as Sale
}
