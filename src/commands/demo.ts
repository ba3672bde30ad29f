import type { NewEvent } from '../catalogue/ports.ts'
import type { Tools } from './tools.ts'

const DAY_MS = 86_400_000

/** The on-sale that `npm start` shows: an event, two shows, five zones of 20,000 seats each. */
function demoEvent(nowMs: number): NewEvent {
  const zone = (name: string, priceMinor: number) => ({
    name,
    priceMinor,
    currency: 'THB',
    capacity: 20_000,
  })
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

/** Creates the demo on-sale in an empty database. @returns whether it did */
export async function seedDemo(tools: Tools): Promise<boolean> {
  const [any] = await tools.catalogueStore.list({
    before: null,
    limit: 1,
    includeDraftsOf: null,
  })
  if (any) return false
  const event = await tools.catalogueStore.insert(demoEvent(Date.now()))
  if (!event) return false
  await tools.inventory.loadMissing(event)
  return true
}
