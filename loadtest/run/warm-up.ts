import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { untilDrained } from '../bench/backlog.ts'
import { openSale, tokenOf, writeLines } from '../bench/sale.ts'
import type { Stage } from '../bench/stage.ts'
import { runK6 } from './run-k6.ts'

/** Nobody of the load itself. */
const FIRST = 1_000_000
const PEOPLE = 20_000
const SEATS = 3_000_000
const GRACE_MS = 60_000

/** Reservations of another event, by other people, until the service is as it is when it has run for a while. */
export async function warmUpService(
  stage: Stage,
  options: { url: string; seconds: number; k6: string; dir: string; signal: AbortSignal },
): Promise<void> {
  const dir = join(options.dir, 'warm-up')
  mkdirSync(dir, { recursive: true })
  const event = await openSale(stage, 1, { seatsPerZone: [SEATS], maxTicketsPerUser: 1000 })
  const zoneIds = event.shows.flatMap((show) => show.zones.map(({ id }) => id))
  const [tokens, sale] = [join(dir, 'tokens.txt'), join(dir, 'sale.json')]
  writeLines(
    tokens,
    Array.from({ length: PEOPLE }, (_, index) => tokenOf(stage, FIRST + index)),
  )
  writeFileSync(sale, JSON.stringify({ eventId: event.id, zoneIds }))
  await runK6({
    k6: options.k6,
    scenario: 'warm_up',
    settings: { BASE_URL: options.url, TOKENS: tokens, SALE: sale, SECONDS: `${options.seconds}` },
    summaryPath: join(dir, 'k6.json'),
    logPath: join(dir, 'k6.log'),
    timeoutMs: options.seconds * 1000 + GRACE_MS,
    signal: options.signal,
  })
  await untilDrained(stage)
}
