/** `npm run screenshots`: the pictures of the diagnostics page, looking at a plain service under a small load. */
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import type { Locator } from 'playwright-core'
import { openBrowser, provideChromium, visit } from '../page/chromium.ts'
import { drive } from './load.ts'
import { startScript, until } from './running-app.ts'

const images = resolve(import.meta.dirname, '../../docs/images')
const picture = (name: string) => ({ path: resolve(images, `${name}.png`) })
const skip = await provideChromium()
/** Enough for lines that one can read. */
const POINTS = 55

test('the pictures of the diagnostics page are taken', { skip }, async (t) => {
  const app = await startScript(t, [join(import.meta.dirname, 'watched-app.ts')])
  drive(t, app.appUrl, { '/seats': 60, '/checkout': 35, '/broken': 1 })
  const { page } = await visit(await openBrowser(t), app.url, { height: 900 })
  await until(async () => {
    const response = await fetch(`${app.url}/debug/live?since=0`)
    return ((await response.json()) as { points: unknown[] }).points.length >= POINTS
  }, 120_000)
  await page.screenshot(picture('diagnostics-live'))

  await page.getByRole('link', { name: 'Profile', exact: true }).click()
  const card = page.getByRole('form', { name: 'Capture profile' })
  const capture = async () => {
    await card.getByRole('button', { name: 'Capture profile' }).click()
    await card.getByText(/^Done\./).waitFor()
  }
  await capture()
  await page.locator('.flame .box').first().waitFor()
  await toTop(page.getByRole('region', { name: 'Results', exact: true }))
  await page.screenshot(picture('diagnostics-flame'))

  await (await fetch(`${app.appUrl}/pricing?fees=1`)).text()
  await capture()
  await page.getByRole('button', { name: 'Compare' }).click()
  await toTop(page.getByRole('region', { name: 'Compare two results' }))
  await page.screenshot(picture('diagnostics-compare'))
})

/** Below the line that stays at the top of the window. */
function toTop(locator: Locator): Promise<void> {
  return locator.evaluate((element) => {
    const { scrollBy } = element.ownerDocument.defaultView as unknown as {
      scrollBy(x: number, y: number): void
    }
    scrollBy(0, (element.getBoundingClientRect() as { top: number }).top - 64)
  })
}
