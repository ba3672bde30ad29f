/** The live page on the booking service as it runs: a primary, a worker and two API processes, in the midst of a sale. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openBrowser, provideChromium, visit } from '../page/chromium.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { until } from './running-app.ts'
import { startSelling } from './selling.ts'

const skip = withoutRedis || withoutPostgres || (await provideChromium())

test('the page shows what two API processes sell together: routes, what is in flight, each process, pools', {
  skip,
}, async (t) => {
  const { service } = await startSelling(t, {}, 0.4)
  const browser = await openBrowser({ after })
  const { page, troubles, requested } = await visit(browser, `${service.diagnostics}/`, { width: 1280 })
  await page
    .getByRole('region', { name: 'Routes' })
    .getByRole('row', { name: /bookings\/reserve/ })
    .waitFor()
  const processes = page.getByRole('region', { name: 'Processes' })
  await until(async () => (await processes.getByRole('row').count()) === 5, 45_000)
  for (const name of ['main', 'worker 1', 'worker 2', 'worker 3'])
    await processes.getByRole('row', { name: new RegExp(`^${name} `) }).waitFor()
  await page
    .getByRole('region', { name: 'In flight' })
    .getByRole('row', { name: /^request / })
    .first()
    .waitFor()
  await page.getByText('pg busy').first().waitFor()
  const shots = process.env.SCREENSHOTS_DIR
  if (shots) {
    await page.waitForTimeout(20_000)
    await page.screenshot({ path: `${shots}/booking-live.png`, fullPage: true })
    await page.goto(`${service.diagnostics}/#now`)
    await page.getByRole('button', { name: 'List what is in flight' }).click()
    await page.waitForTimeout(2000)
    await page.screenshot({ path: `${shots}/booking-now.png`, fullPage: true })
  }
  assert.deepEqual(troubles, [])
  assert.deepEqual([...new Set(requested.map((url) => new URL(url).origin))], [service.diagnostics])
})
