/** A browser for tests of the page: Debian's Chromium, brought in as the stores are, driven by playwright-core. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { installPackages } from '../../src/devstack/install.ts'
import type { Cleanup } from '../support/restartable.ts'

const isCi = process.env.CI === 'true'
/** Two cores carry the stores, the service and the browser. */
export const PATIENCE_MS = 45_000

/**
 * For `test(name, { skip: withoutChromium }, …)`: why there is no Chromium on this machine, or false. Asked for by the
 * test files that need one, so that nobody else's run installs it; with CI=true they fail without it.
 */
export async function provideChromium(): Promise<string | false> {
  if (findChromium() !== null) return false
  const why = 'Chromium was not found'
  const outcome = await installPackages({
    packages: ['chromium'],
    why,
    assumeYes: isCi,
    dataDir: process.env.FLOODGATE_TEST_DIR ?? '.data',
    env: process.env,
    report: (line) => process.stderr.write(`test page: ${line}\n`),
  })
  const reason =
    outcome.kind === 'not_installed'
      ? outcome.why
      : findChromium() === null && `${why}, even after its package was installed`
  if (reason && isCi) throw new Error(reason)
  return reason
}

function findChromium(): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), '/usr/bin', '/snap/bin']
  const names = ['chromium', 'chromium-browser', 'google-chrome']
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable) ?? null
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** One browser for a test file; each visitor has a session of their own in it. */
export async function openBrowser(t: Cleanup): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === null) throw new Error('there is no Chromium: ask provideChromium first')
  // Chromium's sandbox does not work for root, and containers often have a small /dev/shm.
  const args = [
    '--disable-dev-shm-usage',
    '--disable-gpu',
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ]
  const browser = await chromium.launch({ executablePath, args, timeout: PATIENCE_MS })
  t.after(() => browser.close())
  return browser
}

export interface Visit {
  page: Page
  /** What went wrong in the browser: errors on its console, exceptions, breaches of the content policy. */
  troubles: string[]
  /** Every address that was asked for. */
  requested: string[]
}

/** Opens an address as a new visitor. */
export async function visit(
  browser: Browser,
  url: string,
  options: { width?: number; height?: number; dark?: boolean; timezone?: string } = {},
): Promise<Visit> {
  const { width = 1280, height = 800, dark = false } = options
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    locale: 'en-GB',
    timezoneId: options.timezone ?? 'Asia/Bangkok',
    // What a test looks at should not be in the middle of moving.
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  const troubles: string[] = []
  const requested: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') troubles.push(message.text())
  })
  page.on('pageerror', (error) => troubles.push(String(error)))
  page.on('request', (request) => requested.push(request.url()))
  await page.goto(url)
  return { page, troubles, requested }
}
