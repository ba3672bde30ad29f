import { setTimeout as sleep } from 'node:timers/promises'
import { makeOutbox } from '../../src/postgres/outbox.ts'
import { makeWriteAheadStream } from '../../src/redis/write-ahead-stream.ts'
import type { Stage } from './stage.ts'

const LOOK_EVERY_MS = 100
const GIVE_UP_SECONDS = 120

/** What is on its way between the stores, asked of the stores themselves. */
export async function backlogOf({ tools }: Stage): Promise<{ streamEntries: number; outboxRows: number }> {
  const partitions = await makeWriteAheadStream(tools.redis).backlog()
  const streamEntries = partitions.reduce((sum, { entries }) => sum + entries, 0)
  const { rows: outboxRows } = await makeOutbox(tools.database).backlog()
  return { streamEntries, outboxRows }
}

/** Waits until both backlogs are empty. @returns after how many seconds; @throws when they are not after two minutes */
export async function untilDrained(stage: Stage): Promise<number> {
  const startedMs = performance.now()
  for (;;) {
    const { streamEntries, outboxRows } = await backlogOf(stage)
    const seconds = (performance.now() - startedMs) / 1000
    if (streamEntries === 0 && outboxRows === 0) return seconds
    if (seconds > GIVE_UP_SECONDS) {
      throw new Error(
        `${streamEntries} entries and ${outboxRows} outbox rows were left after ${GIVE_UP_SECONDS} s`,
      )
    }
    await sleep(LOOK_EVERY_MS)
  }
}
