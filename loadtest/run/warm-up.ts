import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { untilDrained } from '../bench/backlog.ts'
import { openSale } from '../bench/sale.ts'
import type { Stage } from '../bench/stage.ts'
import { writeK6Data } from './k6-data.ts'
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
  const event = await openSale(stage, 1, { seatsPerZone: [SEATS], maxTicketsPerUser: 1000 })
  mkdirSync(dir, { recursive: true })
  const { files } = writeK6Data(stage, join(stage.dir, 'warm-up'), {
    event,
    people: PEOPLE,
    firstPerson: FIRST,
  })
  await runK6({
    k6: options.k6,
    scenario: 'warm_up',
    settings: { BASE_URL: options.url, ...files, SECONDS: `${options.seconds}` },
    summaryPath: join(dir, 'k6.json'),
    logPath: join(dir, 'k6.log'),
    timeoutMs: options.seconds * 1000 + GRACE_MS,
    signal: options.signal,
  })
  await untilDrained(stage)
}
