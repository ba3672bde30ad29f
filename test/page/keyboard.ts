/** A visitor without a mouse: only Tab, Space, Enter and the arrow keys are pressed. */
import type { Locator, Page } from 'playwright-core'

const MAX_TABS = 60

/** Presses Tab until the focus is on it, as somebody would who cannot point. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor()
  for (let tabs = 0; tabs < MAX_TABS; tabs++) {
    if (await isFocused(target)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`${MAX_TABS} times Tab did not reach ${target}`)
}

/** Tabs to it and presses Enter. */
export async function press(page: Page, target: Locator): Promise<void> {
  await tabTo(page, target)
  await page.keyboard.press('Enter')
}

/** Tabs to a group of radio buttons and moves to this one by the arrow keys. */
export async function choose(page: Page, target: Locator): Promise<void> {
  const name = (await target.getAttribute('name')) ?? ''
  // One Tab stops at a group: at the chosen one of it, or else at the first.
  for (let tabs = 0; (await page.evaluate('document.activeElement.name')) !== name; tabs++) {
    if (tabs === MAX_TABS) throw new Error(`${MAX_TABS} times Tab did not reach the group ${name}`)
    await page.keyboard.press('Tab')
  }
  await page.keyboard.press('Space')
  for (let moves = 0; !(await target.isChecked()); moves++) {
    if (moves === MAX_TABS) throw new Error(`the arrow keys did not reach ${target}`)
    await page.keyboard.press('ArrowDown')
  }
}

export function isFocused(target: Locator): Promise<boolean> {
  return target.evaluate((element) => element === element.ownerDocument.activeElement)
}
