/**
 * `npm run screenshots`: the pictures of the README, taken of a real on-sale: an event that is half sold, a queue in front of
 * it, and a visitor who gets through.
 */
import { resolve } from 'node:path'
import { test } from 'node:test'
import { ask, changeQueue, crowdJoins, type EventItem, newEvent } from './backstage.ts'
import { openBrowser, provideChromium, visit } from './chromium.ts'
import { startWhole, withoutStores } from './service.ts'

const images = resolve(import.meta.dirname, '../../docs/images')
const picture = (name: string) => ({ path: resolve(images, `${name}.png`) })
const skip = withoutStores || (await provideChromium())
const CROWD = 2400

/** Two nights by the river: how many seats a zone has, and how much of it is gone. */
const zones = [
  { name: 'Standing', capacity: 600, price_minor: 250_000, currency: 'THB' },
  { name: 'Lower tier', capacity: 400, price_minor: 350_000, currency: 'THB' },
  { name: 'Upper tier', capacity: 300, price_minor: 150_000, currency: 'THB' },
]
const shows = [
  ['Friday night', '2027-03-05T19:30:00+07:00'],
  ['Saturday night', '2027-03-06T19:30:00+07:00'],
].map(([name, starts_at]) => ({ name, venue: 'Riverside Stadium', starts_at, zones }))
const sales = [
  { paid: 31, held: 9 },
  { paid: 24, held: 11 },
  { paid: 12, held: 5 },
  { paid: 44, held: 10 },
  { paid: 33, held: 5 },
  { paid: 19, held: 8 },
]

test('the pictures are taken', { skip }, async (t) => {
  const service = await startWhole(t)
  const event = await newEvent(service.api, 'Rivers of Sound 2027', shows)
  await sell(service.api, event)
  await changeQueue(service.api, event.id, { required: true, state: 'paused', release_rate_per_second: 50 })
  await crowdJoins(service.api, event.id, CROWD)

  const { page } = await visit(await openBrowser(t), service.api)
  await page
    .getByRole('article', { name: event.name })
    .getByRole('button', { name: 'Join the queue' })
    .click()
  await page.locator('.figure').getByText('2,401').waitFor()
  await crowdJoins(service.api, event.id, CROWD / 4, 'behind')
  await changeQueue(service.api, event.id, { state: 'open' })
  await page.locator('.figure').getByText(/^1,2/).waitFor()
  await page.getByText('50 a second').waitFor()
  await page.screenshot(picture('try-it'))

  await changeQueue(service.api, event.id, { release_rate_per_second: 2000 })
  await page
    .getByRole('group', { name: /^Friday/ })
    .getByRole('radio', { name: /^Lower tier/ })
    .check()
  await page.getByRole('button', { name: 'Reserve' }).click()
  await page.getByRole('button', { name: /^Pay THB/ }).click()
  await page.locator('.code-big').waitFor()
  await page.getByRole('region', { name: 'Your bookings' }).getByText('Yours').waitFor()
  await page.screenshot(picture('ticket'))

  await changeQueue(service.api, event.id, { release_rate_per_second: 5 })
  await crowdJoins(service.api, event.id, 400, 'later')
  await page.getByRole('link', { name: 'Organizer' }).click()
  await page.getByRole('combobox', { name: 'Event' }).selectOption({ label: event.name })
  await page.getByText('5 a second').waitFor()
  await page.getByText('Redis and PostgreSQL agree').waitFor()
  await page.screenshot(picture('organizer'))
})

async function sell(api: string, event: EventItem): Promise<void> {
  const zoneIds = event.shows.flatMap((show) => show.zones.map(({ id }) => id))
  for (const [i, { paid, held }] of sales.entries()) {
    const buyers = Array.from({ length: paid + held }, (_, n) => ({
      user: `buyer-${i}-${n}`,
      pays: n < paid,
    }))
    for (const { user, pays } of buyers) {
      const post = <Body>(path: string, body: object) =>
        ask<Body>(`${api}/api/v1${path}`, { user, method: 'POST', body })
      const seats = { event_id: event.id, zone_id: zoneIds[i], quantity: 8 }
      const { booking_id } = await post<{ booking_id: string }>('/bookings/reserve', seats)
      if (!pays) continue
      const { payment_id } = await post<{ payment_id: string }>('/payments/intents', { booking_id })
      await post(`/bookings/${booking_id}/confirm`, { payment_id })
    }
  }
}
