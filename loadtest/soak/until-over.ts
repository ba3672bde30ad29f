import { setTimeout as sleep } from 'node:timers/promises'
import { allPartitions } from '../../src/pipeline/partition.ts'
import { dueKey } from '../../src/redis/keys.ts'
import { backlogOf } from '../bench/backlog.ts'
import { scrape } from '../bench/scrape.ts'
import type { ServiceProcess } from '../bench/service-process.ts'
import type { Stage } from '../bench/stage.ts'

const LOOK_EVERY_MS = 1000
/** Gauges of the consumers are looked up now and then: what is 0 must be so for a while. */
const QUIET_LOOKS = 10
const SAY_EVERY_LOOKS = 15

export interface Rest {
  stage: Stage
  worker: ServiceProcess
  /** Gives up after so long. */
  atMostSeconds: number
  signal: AbortSignal
  say: (line: string) => void
}

/** Waits until no seat is held, both backlogs are empty and every consumer has caught up. @returns after how many seconds; @throws when they are not in time */
export async function untilOver(rest: Rest): Promise<number> {
  const startedMs = performance.now()
  const passed = () => (performance.now() - startedMs) / 1000
  let overAfter = 0
  for (let looks = 0, quiet = 0; quiet < QUIET_LOOKS; looks++) {
    // Whoever is too busy to answer has not finished.
    const left = await leftOf(rest).catch(() => ({ 'without an answer': 1 }))
    const over = Object.values(left).every((count) => count === 0)
    if (over && quiet === 0) overAfter = passed()
    quiet = over ? quiet + 1 : 0
    const text = Object.entries(left)
      .map(([what, count]) => `${count} ${what}`)
      .join(', ')
    if (!over && looks % SAY_EVERY_LOOKS === 0) rest.say(`  ${passed().toFixed(0)} s of rest: ${text}`)
    if (!over && passed() > rest.atMostSeconds)
      throw new Error(`after ${rest.atMostSeconds} s of rest there were ${text}`)
    await sleep(LOOK_EVERY_MS, undefined, { signal: rest.signal })
  }
  return overAfter
}

async function leftOf({ stage, worker }: Rest): Promise<Record<string, number>> {
  const due = await stage.tools.redis.gather(
    allPartitions,
    (partition) => partition,
    (pipeline, partition) => pipeline.zcard(dueKey(partition)),
  )
  const { streamEntries, outboxRows } = await backlogOf(stage)
  const metrics = await scrape(worker.diagnosticsUrl)
  const unread = [...metrics].filter(([name]) => name.startsWith('kafka_consumer_lag{'))
  return {
    holds: due.reduce<number>((sum, count) => sum + Number(count), 0),
    'entries of the stream': streamEntries,
    'rows of the outbox': outboxRows,
    'unread events': unread.reduce((sum, [, lag]) => sum + lag, 0),
  }
}
