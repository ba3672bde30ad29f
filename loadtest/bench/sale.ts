/** What is sold while it is measured: events too large to run out, and people with signed tokens. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CatalogueEvent } from '../../src/catalogue/model.ts'
import { signToken } from '../../src/http/token.ts'
import type { Stage } from './stage.ts'

const SEATS_PER_ZONE = 10_000_000
/** The most that the database admits: with thousands of users nobody reaches it. */
const MAX_TICKETS_PER_USER = 1000
const DAY_MS = 86_400_000
const TOKEN_SECONDS = 86_400

/** Creates an event that is on sale now and loads it into Redis. @param seatsPerZone of all zones, or of each */
export async function openSale(
  { tools }: Stage,
  zones: number,
  {
    seatsPerZone = SEATS_PER_ZONE as number | readonly number[],
    maxTicketsPerUser = MAX_TICKETS_PER_USER,
    queueRequired = false,
  } = {},
): Promise<CatalogueEvent> {
  const nowMs = Date.now()
  const event = await tools.catalogueStore.insert({
    slug: `bench-${crypto.randomUUID()}`,
    name: 'Benchmark',
    description: '',
    organizerId: 'bench',
    status: 'on_sale',
    saleOpensAtMs: nowMs - DAY_MS,
    saleClosesAtMs: null,
    maxTicketsPerUser,
    refundWindowHours: 24,
    queueRequired,
    shows: [
      {
        name: 'Show',
        venue: 'Somewhere',
        startsAtMs: nowMs + 366 * DAY_MS,
        zones: Array.from({ length: zones }, (_, i) => ({
          name: `Zone ${i}`,
          capacity: typeof seatsPerZone === 'number' ? seatsPerZone : (seatsPerZone[i] ?? 0),
          priceMinor: 100_000,
          currency: 'THB',
        })),
      },
    ],
  })
  if (!event) throw new Error('the slug was taken')
  await tools.inventory.loadMissing(event)
  return event
}

export const userName = (index: number): string => `bench-${index}`

/** An access token of a user for the length of the run. */
export function tokenOf(stage: Stage, index: number): string {
  const { JWT_SECRET: secret, JWT_AUDIENCE: audience } = stage.config
  return signToken({
    user: userName(index),
    role: 'customer',
    expiresInSeconds: TOKEN_SECONDS,
    secret,
    audience,
  })
}

/** Writes the files that wrk/reserve.lua reads. @returns its arguments */
export function writeReserveFiles(
  stage: Stage,
  event: CatalogueEvent,
  users: number,
  { prefix = '', quantity = 1 } = {},
): string[] {
  const tokens = join(stage.dir, `${prefix}tokens.txt`)
  const bodies = join(stage.dir, `${prefix}bodies.txt`)
  writeLines(
    tokens,
    Array.from({ length: users }, (_, index) => tokenOf(stage, index)),
  )
  writeLines(
    bodies,
    event.shows.flatMap(({ zones }) =>
      zones.map(({ id }) => JSON.stringify({ event_id: event.id, zone_id: id, quantity })),
    ),
  )
  return [tokens, bodies]
}

export function writeLines(path: string, lines: readonly string[]): void {
  writeFileSync(path, `${lines.join('\n')}\n`)
}
