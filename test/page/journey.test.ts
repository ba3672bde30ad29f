import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changeQueue, crowdJoins, demoEvent } from './backstage.ts'
import { openBrowser, provideChromium, visit } from './chromium.ts'
import { choose, isFocused, press, tabTo } from './keyboard.ts'
import { startWhole, withoutStores } from './service.ts'

const skip = withoutStores || (await provideChromium())
const OTHERS = 30

test('a purchase by keyboard alone: event, queue, seats, payment, ticket', { skip }, async (t) => {
  const service = await startWhole(t)
  const event = await demoEvent(service.api)
  await changeQueue(service.api, event.id, { required: true, state: 'paused', release_rate_per_second: 5 })
  await crowdJoins(service.api, event.id, OTHERS)
  const { page, troubles, requested } = await visit(await openBrowser(t), service.api)
  const step = async (title: string) => {
    const heading = page.getByRole('heading', { level: 2, name: title })
    await heading.waitFor()
    assert.ok(await isFocused(heading), `the focus is on “${title}”`)
  }
  const live = page.getByRole('status').and(page.locator('#live'))
  const figure = page.locator('.figure')

  await press(
    page,
    page.getByRole('article', { name: event.name }).getByRole('button', { name: 'Join the queue' }),
  )
  await step('You are in the queue')
  await figure.getByText(String(OTHERS + 1)).waitFor()
  assert.match((await live.textContent()) ?? '', /^Your place in the queue is 31\./)

  await page.reload()
  await press(
    page,
    page.getByRole('article', { name: event.name }).getByRole('button', { name: 'Join the queue' }),
  )
  await figure.getByText(String(OTHERS + 1)).waitFor()
  await page.getByText('paused by the organizer').waitFor()

  await changeQueue(service.api, event.id, { state: 'open' })
  await figure.filter({ hasNotText: String(OTHERS + 1) }).waitFor()
  await step('Choose your seats')
  await page.getByText('It is your turn. Your pass is good for').waitFor()
  const zones = page.getByRole('group', { name: /^First night/ })
  await choose(page, zones.getByRole('radio', { name: /^Lower tier 20,000 free THB/ }))
  await page.getByRole('form', { name: 'Seats' }).getByText('THB 7,000.00').waitFor()
  await press(page, page.getByRole('button', { name: 'Reserve' }))

  await step('Pay')
  await page.getByRole('timer', { name: 'Time left to pay' }).waitFor()
  await choose(page, page.getByRole('radio', { name: /^It takes a while/ }))
  await press(page, page.getByRole('button', { name: 'Pay THB 7,000.00' }))
  await page.getByText('The provider is taking its time. This page waits').waitFor()

  await step('Your ticket')
  const ticket = page.getByRole('region', { name: 'Ticket', exact: true })
  assert.match((await ticket.locator('.code-big').textContent()) ?? '', /^[A-Z2-9]{10}$/)
  assert.match(
    await ticket.ariaSnapshot(),
    /Floodgate Live[\s\S]*Lower tier[\s\S]*2 seats[\s\S]*Confirmation code/,
  )
  await page.getByRole('region', { name: 'Your bookings' }).getByText('Yours').waitFor()
  await tabTo(page, page.getByRole('button', { name: 'Buy more' }))

  assert.deepEqual(troubles, [], 'the console is quiet, and the content policy was kept')
  assert.deepEqual([...new Set(requested.map((url) => new URL(url).origin))], [service.api])
})
