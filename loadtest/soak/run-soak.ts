import { rssBytes } from '../bench/process-usage.ts'
import { openSale } from '../bench/sale.ts'
import { type ServiceProcess, startService } from '../bench/service-process.ts'
import type { Stage } from '../bench/stage.ts'
import { compareBooks, storedOf } from '../run/books.ts'
import type { Acknowledged } from '../run/k6-summary.ts'
import { kafkaSize } from './kafka-size.ts'
import { load } from './load.ts'
import type { Reading, Round, SoakMeasured } from './measured.ts'
import { nodeMemory } from './node-memory.ts'
import type { SoakOptions } from './options.ts'
import { postgresSize } from './postgres-size.ts'
import { redisMemory } from './redis-memory.ts'
import { untilOver } from './until-over.ts'
import { judge } from './verdict.ts'

export interface SoakRun {
  stage: Stage
  k6: string
  options: Pick<SoakOptions, 'rate' | 'reads' | 'seconds' | 'rounds' | 'holdSeconds'>
  say: (line: string) => void
  signal: AbortSignal
}

const WARM_SECONDS_AT_MOST = 30
const ZONES = 4
/** Whatever the load did not finish beside itself is finished in the rest, at the pace of the expiry alone. */
const REST_SECONDS_AT_LEAST = 120

/** Rounds on one service and the same people. @throws when something is left, or the books of clients and PostgreSQL differ */
export async function runSoak({ stage, k6, options, say, signal }: SoakRun): Promise<SoakMeasured> {
  const { rate, reads, seconds, holdSeconds } = options
  const event = await openSale(stage, ZONES)
  await using running = new AsyncDisposableStack()
  const settings = { HOLD_TTL_SECONDS: `${holdSeconds}`, RATE_LIMIT_RESERVE_PER_SECOND: '0' }
  const stop = (process: ServiceProcess) => process.stop()
  const worker = running.adopt(await startService(stage, 'worker', settings), stop)
  const api = running.adopt(await startService(stage, 'api', settings), stop)
  const total: Acknowledged = {
    reserved: 0,
    confirmed: 0,
    cancelled: 0,
    unanswered: { reserve: 0, confirm: 0, cancel: 0 },
  }
  const atMostSeconds = holdSeconds + Math.max(REST_SECONDS_AT_LEAST, 2 * seconds)

  async function round(name: string, ofSeconds: number): Promise<Round> {
    say(`${name}: ${rate} requests a second for ${ofSeconds} s, ${rate - reads} of them reservations`)
    const loaded = await load({
      stage,
      api,
      worker,
      k6,
      event,
      name,
      rate,
      reads,
      seconds: ofSeconds,
      signal,
    })
    say(
      `  ${loaded.perSecond.toFixed(0)} reservations and ${loaded.readsPerSecond.toFixed(0)} looks a second, p99 ${loaded.p99Ms.toFixed(1)} ms, ${loaded.acknowledged.reserved} reserved; now the rest`,
    )
    const restSeconds = await untilOver({ stage, worker, atMostSeconds, signal, say })
    addTo(total, loaded.acknowledged)
    // Where a confirmation was refused and the payment had been made, the provider's word confirms.
    const told = { paidBehindTheBack: true }
    const problems = compareBooks(total, await storedOf(stage, event.id), told)
    if (problems.length > 0) throw new Error(problems.join('\n'))
    say(`  ${restSeconds.toFixed(0)} s of rest; looking at every memory`)
    return { load: loaded, restSeconds, reading: await read(stage, api, worker) }
  }

  const { reading: before } = await round('warm-up', Math.min(WARM_SECONDS_AT_MOST, seconds))
  const rounds: Round[] = []
  for (let i = 1; i <= options.rounds; i++) rounds.push(await round(`round-${i}`, seconds))
  const [last, secondLast] = [rounds.at(-1), rounds.at(-2)]
  const judgements = last && secondLast ? judge(secondLast.reading, last.reading) : []
  return { rate, reads, seconds, holdSeconds, before, rounds, judgements }
}

async function read(stage: Stage, api: ServiceProcess, worker: ServiceProcess): Promise<Reading> {
  return {
    api: await nodeMemory(api),
    worker: await nodeMemory(worker),
    redis: await redisMemory(stage),
    postgres: await postgresSize(stage),
    kafka: { ...(await kafkaSize(stage)), rssBytes: rssBytes(stage.pids.kafka ?? 0) },
  }
}

function addTo(total: Acknowledged, more: Acknowledged): void {
  total.reserved += more.reserved
  total.confirmed += more.confirmed
  total.cancelled += more.cancelled
  total.unanswered = {
    reserve: total.unanswered.reserve + more.unanswered.reserve,
    confirm: total.unanswered.confirm + more.unanswered.confirm,
    cancel: total.unanswered.cancel + more.unanswered.cancel,
  }
}
