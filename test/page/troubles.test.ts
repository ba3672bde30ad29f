/** One service and one browser for the file; every test is a visitor of its own. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Page } from 'playwright-core'
import { ask, changeQueue, type EventItem, newEvent, tokenOf } from './backstage.ts'
import { openBrowser, provideChromium, visit } from './chromium.ts'
import { tooFaint } from './contrast.ts'
import { startWhole, withoutStores } from './service.ts'

const skip = withoutStores || (await provideChromium())
const service = skip ? { api: '' } : await startWhole({ after })
const browser = skip ? null : await openBrowser({ after })

async function arrive(options: { width?: number; dark?: boolean } = {}) {
  if (!browser) throw new Error('there is no browser')
  return visit(browser, service.api, options)
}

async function pick(page: Page, event: EventItem, button = 'Choose seats'): Promise<void> {
  await page.getByRole('article', { name: event.name }).getByRole('button', { name: button }).click()
}

test('an event that is called like markup shows as it is written', { skip }, async () => {
  const name = '<img src=x onerror="document.title=1"><b>Bold</b> & Co'
  const event = await newEvent(service.api, name, 5)
  const { page, troubles } = await arrive()
  assert.equal(await page.getByRole('heading', { name }).textContent(), name)
  await pick(page, event)
  await page.getByRole('radio').first().check()
  await page.getByRole('button', { name: 'Reserve' }).click()
  await page.getByRole('button', { name: /^Pay THB/ }).click()
  await page.getByRole('region', { name: 'Ticket', exact: true }).getByText(name).waitFor()
  await page.getByRole('link', { name: 'Organizer' }).click()
  await page.getByRole('combobox', { name: 'Event' }).selectOption({ label: name })
  assert.equal(await page.locator('img:not([src^="/page/"]), b').count(), 0)
  assert.equal(await page.title(), 'Floodgate: organizer')
  assert.deepEqual(troubles, [])
})

test('a declined payment is said in words with its code; the seats stay held, and the next one buys them', {
  skip,
}, async () => {
  const event = await newEvent(service.api, 'Declined at first', 5)
  const { page } = await arrive()
  await pick(page, event)
  await page.getByRole('radio').first().check()
  await page.getByRole('button', { name: 'Reserve' }).click()
  await page.getByRole('radio', { name: /^It is declined/ }).check()
  await page.getByRole('button', { name: /^Pay THB/ }).click()
  const alert = page.getByRole('alert').filter({ hasText: 'The payment was declined' })
  await alert.getByText('PAYMENT_DECLINED').waitFor()
  await page.getByRole('radio', { name: /^It succeeds/ }).check()
  await page.getByRole('button', { name: /^Pay THB/ }).click()
  await page.getByRole('heading', { name: 'Your ticket' }).waitFor()
})

test('seats that others took meanwhile are refused in words, and the figures follow', { skip }, async () => {
  const event = await newEvent(service.api, 'Nearly sold out', 2)
  const { page } = await arrive()
  await pick(page, event)
  await page.getByRole('radio', { name: /2 free/ }).check()
  const zoneId = event.shows[0]?.zones[0]?.id
  const body = { event_id: event.id, zone_id: zoneId, quantity: 1 }
  await ask(`${service.api}/api/v1/bookings/reserve`, { user: 'faster', method: 'POST', body })
  await page.getByRole('button', { name: 'Reserve' }).click()
  await page.getByRole('alert').getByText('INSUFFICIENT_SEATS').waitFor()
  await page.getByRole('radio', { name: /1 free/ }).waitFor()
})

test('a reservation is given back from the page, and another is found again among one’s bookings', {
  skip,
}, async () => {
  const event = await newEvent(service.api, 'Given back', 4)
  const { page } = await arrive()
  const reserve = async () => {
    await pick(page, event)
    await page.getByRole('radio').first().check()
    await page.getByRole('button', { name: 'Reserve' }).click()
    await page.getByRole('heading', { name: 'Pay' }).waitFor()
  }
  await reserve()
  await page.getByRole('button', { name: 'Give the seats back' }).click()
  const bookings = page.getByRole('region', { name: 'Your bookings' })
  await bookings.getByText('Given back', { exact: true }).last().waitFor()

  await reserve()
  await page.reload()
  await bookings.getByRole('button', { name: /^Pay Given back/ }).click()
  await page.getByRole('button', { name: /^Pay THB/ }).click()
  await page.getByRole('heading', { name: 'Your ticket' }).waitFor()
})

test('the organizer sees every zone and changes the queue while it runs', { skip }, async () => {
  const event = await newEvent(service.api, 'Organized', 500)
  const { page, troubles } = await arrive()
  await page.getByRole('link', { name: 'Organizer' }).click()
  await page.getByRole('combobox', { name: 'Event' }).selectOption({ label: event.name })
  await page.getByRole('row', { name: /^Only night, Floor 500 500 0 0/ }).waitFor()
  const queue = page.getByRole('region', { name: 'Queue' })
  /** While one change is made, the next click is not taken for another. */
  const settled = () => queue.locator('form:not([aria-busy])').waitFor()
  await queue.getByText('500 a second').waitFor()
  await queue.getByRole('spinbutton', { name: 'Let in per second' }).fill('25')
  await queue.getByRole('button', { name: 'Change the rate' }).click()
  await queue.getByText('25 a second').waitFor()
  await settled()
  await queue.getByRole('button', { name: 'Pause' }).click()
  await queue.getByText('paused by the organizer').waitFor()
  await settled()
  await queue.getByRole('button', { name: 'Open' }).click()
  await queue.getByRole('button', { name: 'Pause' }).waitFor()
  await settled()
  await queue.getByRole('checkbox', { name: /needs a pass/ }).check()
  await queue
    .getByText('The queue was changed.')
    .or(page.locator('#live', { hasText: 'The queue was changed.' }))
    .waitFor()
  await settled()
  await queue.getByRole('button', { name: 'Pause' }).click()
  await queue.getByText('paused by the organizer').waitFor()
  await settled()
  await queue.getByRole('button', { name: 'Let 200 guests join' }).click()
  await page.locator('#live', { hasText: 'The guests have joined.' }).waitFor()
  await queue.locator('div', { hasText: /^Waiting200$/ }).waitFor()
  const { required } = await ask<{ required: boolean }>(`${service.api}/api/v1/queue/status/${event.id}`, {
    user: 'anybody',
  })
  assert.equal(required, true)
  assert.deepEqual(troubles, [])
})

test('whoever leaves the queue is out of it, and a queue without room says so', { skip }, async () => {
  const event = await newEvent(service.api, 'Left again', 50)
  await changeQueue(service.api, event.id, { required: true, state: 'paused', max_size: 1 })
  const { page } = await arrive()
  await pick(page, event, 'Join the queue')
  await page.locator('.figure').getByText('1').waitFor()
  const other = await arrive()
  await pick(other.page, event, 'Join the queue')
  await other.page.getByRole('alert').getByText('QUEUE_FULL').waitFor()

  await page.getByRole('button', { name: 'Leave the queue' }).click()
  await page.getByRole('heading', { name: 'Pick an event' }).waitFor()
  await other.page.reload()
  await pick(other.page, event, 'Join the queue')
  await other.page.locator('.figure').getByText('1').waitFor()
})

test('it fits into 360 pixels, and its text is readable in light and in dark', { skip }, async () => {
  const event = await newEvent(
    service.api,
    'A name that is long enough to need a second line on a telephone',
    50,
  )
  for (const dark of [false, true]) {
    const { page } = await arrive({ width: 360, dark })
    const looks = async (title: string) => {
      await page.getByRole('heading', { name: title }).waitFor()
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, title)
      assert.deepEqual(await page.evaluate(tooFaint), [], `${title}, ${dark ? 'dark' : 'light'}`)
    }
    await looks('Pick an event')
    await pick(page, event)
    await page.getByRole('radio').first().check()
    await looks('Choose your seats')
    await page.getByRole('button', { name: 'Reserve' }).click()
    await looks('Pay')
    await page.getByRole('radio', { name: /^It is declined/ }).check()
    await page.getByRole('button', { name: /^Pay THB/ }).click()
    await page.getByRole('alert').getByText('PAYMENT_DECLINED').waitFor()
    await looks('Pay')
    await page.getByRole('radio', { name: /^It succeeds/ }).check()
    await page.getByRole('button', { name: /^Pay THB/ }).click()
    await looks('Your ticket')
    await page.getByRole('link', { name: 'Organizer' }).click()
    await page.getByRole('row', { name: /^Only night, Floor 50 / }).waitFor()
    await looks('Queue')
  }
})

test('without demo tokens a pasted one is used; what is none is refused in words', { skip }, async (t) => {
  const strict = await startWhole(t, { DEMO_TOKENS: 'false' })
  if (!browser) throw new Error('there is no browser')
  const { page } = await visit(browser, strict.api)
  const token = page.getByRole('textbox', { name: /^Access token/ })
  await token.fill('not a token')
  await page.getByRole('button', { name: 'Use this token' }).click()
  await page.getByRole('alert').getByText('UNAUTHORIZED').waitFor()
  await token.fill(tokenOf('ann', 'customer'))
  await page.getByRole('button', { name: 'Use this token' }).click()
  await page.getByText('You are ann (customer).').waitFor()
  await page.getByRole('heading', { name: 'Pick an event' }).waitFor()
  const kept = await page.evaluate('[localStorage.length, document.cookie]')
  assert.deepEqual(kept, [0, ''], 'a token is kept by the tab alone')
})
