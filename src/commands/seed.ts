import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import type { NewEvent } from '../catalogue/ports.ts'
import { parseConfig } from '../config.ts'
import { type Command, UsageError } from './context.ts'
import { seedDemo } from './demo.ts'
import { resetData } from './reset-data.ts'
import { openTools, untilReconciled } from './tools.ts'
import { withStores } from './with-stores.ts'

const usage = `usage: npm run seed -- [--events N] [--shows N] [--zones N] [--seats N] [--price-minor N] [--currency CCC]
                       [--max-tickets-per-user N] [--name TEXT] [--organizer U] [--reset] [--demo] [--json] [--yes]
  --events  events to create (1)              --zones  zones of each show (1)
  --shows   shows of each event (1)           --seats  seats of each zone (1000)
  --reset   delete every event and booking first (refused in production)
  --demo    only the demo on-sale, when there is no event`

/** Creates events that are on sale, any number; or begins anew. */
export const seed: Command = async (args, context) => {
  const { values } = parseArgs({
    args,
    options: {
      events: { type: 'string', default: '1' },
      shows: { type: 'string', default: '1' },
      zones: { type: 'string', default: '1' },
      seats: { type: 'string', default: '1000' },
      'price-minor': { type: 'string', default: '100000' },
      currency: { type: 'string', default: 'THB' },
      'max-tickets-per-user': { type: 'string' },
      name: { type: 'string', default: 'Seeded event' },
      organizer: { type: 'string', default: 'demo-organizer' },
      reset: { type: 'boolean', default: false },
      demo: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      yes: { type: 'boolean', default: false },
    },
  })
  const config = parseConfig(context.env)
  const shape = {
    events: count(values.events, 0, 100_000),
    shows: count(values.shows, 1, 100),
    zones: count(values.zones, 1, 500),
    seats: count(values.seats, 0, 10_000_000),
    priceMinor: count(values['price-minor'], 0, 1_000_000_000),
    maxTicketsPerUser: count(values['max-tickets-per-user'] ?? String(config.MAX_TICKETS_PER_USER), 1, 1000),
    currency: values.currency,
    name: values.name,
    organizerId: values.organizer,
  }
  if (!/^[A-Z]{3}$/.test(shape.currency) || shape.name === '' || shape.organizerId === '')
    throw new UsageError(usage)
  if (values.reset && config.NODE_ENV === 'production')
    throw new UsageError('--reset is refused in production')

  const { config: resolved, stack } = await withStores(['redis', 'postgres'], values.yes, context)
  const tools = await openTools(resolved)
  try {
    if (values.reset) await resetData(tools)
    await untilReconciled(tools)
    if (values.demo) {
      context.print(
        (await seedDemo(tools)) ? 'seeded the demo on-sale' : 'there are events already: nothing seeded',
      )
      return 0
    }
    for (let i = 0; i < shape.events; i++) {
      const event = await tools.catalogueStore.insert(eventOf(shape, i))
      if (!event) throw new Error('a slug was taken twice')
      await tools.inventory.loadMissing(event)
      const zoneIds = event.shows.flatMap(({ zones }) => zones.map(({ id }) => id))
      context.print(
        values.json
          ? JSON.stringify({
              event_id: event.id,
              slug: event.slug,
              zone_ids: zoneIds,
            })
          : `${event.slug}  event ${event.id}  zones ${zoneIds.join(' ')}`,
      )
    }
    return 0
  } finally {
    await tools.close()
    await stack.stop()
  }
}

interface Shape {
  shows: number
  zones: number
  seats: number
  priceMinor: number
  currency: string
  maxTicketsPerUser: number
  name: string
  organizerId: string
}

function eventOf(shape: Shape, i: number): NewEvent {
  const nowMs = Date.now()
  const dayMs = 86_400_000
  const slug = `${
    shape.name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, 60) || 'event'
  }-${randomUUID().slice(0, 8)}`
  return {
    slug,
    name: `${shape.name} ${i + 1}`,
    description: 'Made by npm run seed',
    organizerId: shape.organizerId,
    status: 'on_sale',
    saleOpensAtMs: nowMs - 60_000,
    saleClosesAtMs: nowMs + 365 * dayMs,
    maxTicketsPerUser: shape.maxTicketsPerUser,
    refundWindowHours: 24,
    queueRequired: false,
    shows: Array.from({ length: shape.shows }, (_, show) => ({
      name: `Show ${show + 1}`,
      venue: 'Somewhere',
      startsAtMs: nowMs + (366 + show) * dayMs,
      zones: Array.from({ length: shape.zones }, (_, zone) => ({
        name: `Zone ${zone + 1}`,
        capacity: shape.seats,
        priceMinor: shape.priceMinor,
        currency: shape.currency,
      })),
    })),
  }
}

function count(text: string, minimum: number, maximum: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < minimum || value > maximum) throw new UsageError(usage)
  return value
}
