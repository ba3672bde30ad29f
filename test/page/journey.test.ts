import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openBrowser, provideChromium, visit } from './chromium.ts'
import { choose, isFocused, press, tabTo } from './keyboard.ts'
import { startWhole, withoutStores } from './service.ts'

const skip = withoutStores || (await provideChromium())

test('a purchase by keyboard alone, from the list of events to the ticket', { skip }, async (t) => {
  const service = await startWhole(t)
  const browser = await openBrowser(t)
  const { page, troubles, requested } = await visit(browser, service.api)
  const heading = (name: string) => page.getByRole('heading', { level: 2, name })

  const event = page.getByRole('article', { name: 'Floodgate Live' })
  await press(page, event.getByRole('button', { name: 'Choose seats' }))

  await heading('Choose your seats').waitFor()
  assert.ok(await isFocused(heading('Choose your seats')), 'the focus moves to the new step')
  const zone = page.getByRole('group', { name: /First night/ }).getByRole('radio', { name: /Lower tier/ })
  await choose(page, zone)
  assert.equal(await page.getByRole('status', { name: '' }).first().isVisible(), true)
  await press(page, page.getByRole('button', { name: 'Reserve' }))

  await heading('Pay').waitFor()
  await page.getByRole('timer', { name: 'Time left to pay' }).waitFor()
  await press(page, page.getByRole('button', { name: /^Pay THB/ }))

  await heading('Your ticket').waitFor()
  const code = await page.locator('.code-big').textContent()
  assert.match(code ?? '', /^[A-Z2-9]{10}$/)
  await tabTo(page, page.getByRole('button', { name: 'Buy more' }))

  assert.deepEqual(troubles, [])
  const origins = new Set(requested.map((url) => new URL(url).origin))
  assert.deepEqual([...origins], [new URL(service.api).origin])
})

void after
