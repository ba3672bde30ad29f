import type { NewEvent } from '../catalogue/ports.ts'
import { Unavailable } from '../pipeline/unavailable.ts'
import type { Tools } from './tools.ts'

const DAY_MS = 86_400_000

function zone(name: string, priceMinor: number, capacity = 20_000) {
  return { name, priceMinor, currency: 'THB', capacity }
}

/** The on-sale that `npm start` shows: an event, two shows, five zones of 20,000 seats each. */
function demoEvent(nowMs: number): NewEvent {
  return {
    slug: 'floodgate-live',
    name: 'Floodgate Live',
    description: 'Two nights at the stadium. The demo on-sale.',
    organizerId: 'demo-organizer',
    status: 'on_sale',
    saleOpensAtMs: nowMs - 60_000,
    saleClosesAtMs: nowMs + 365 * DAY_MS,
    maxTicketsPerUser: 10,
    refundWindowHours: 24,
    queueRequired: false,
    shows: [
      {
        name: 'First night',
        venue: 'Riverside Stadium',
        startsAtMs: nowMs + 366 * DAY_MS,
        zones: [zone('Standing', 250_000), zone('Lower tier', 350_000), zone('Upper tier', 150_000)],
      },
      {
        name: 'Second night',
        venue: 'Riverside Stadium',
        startsAtMs: nowMs + 367 * DAY_MS,
        zones: [zone('Standing', 250_000), zone('Lower tier', 350_000)],
      },
    ],
  }
}

/** The same stars once more, in a smaller hall: the event that lets in through its queue. */
function encoreEvent(nowMs: number): NewEvent {
  return {
    ...demoEvent(nowMs),
    slug: 'floodgate-encore',
    name: 'Floodgate Encore',
    description:
      'One more night, in a small hall: everybody comes in through the queue. The second demo on-sale.',
    maxTicketsPerUser: 4,
    queueRequired: true,
    shows: [
      {
        name: 'The encore',
        venue: 'Old Pump House',
        startsAtMs: nowMs + 368 * DAY_MS,
        zones: [zone('Floor', 450_000, 1500), zone('Balcony', 350_000, 500)],
      },
    ],
  }
}

/** Creates the demo on-sales in an empty database. @returns whether it did */
export async function seedDemo(tools: Tools): Promise<boolean> {
  const [any] = await tools.catalogueStore.list({
    before: null,
    limit: 1,
    includeDraftsOf: null,
  })
  if (any) return false
  for (const demo of [demoEvent(Date.now()), encoreEvent(Date.now())]) {
    const event = await tools.catalogueStore.insert(demo)
    if (!event) return false
    // As with any event that is created: the loader brings its seats when their server is back.
    await tools.inventory.loadMissing(event).catch((error: unknown) => {
      if (!(error instanceof Unavailable)) throw error
    })
  }
  return true
}
