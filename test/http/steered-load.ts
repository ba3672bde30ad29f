import { type LoadLimits, makeLoadMonitor } from '../../src/http/load-monitor.ts'

/** The real monitor of a process with as many spare turns as the test says: its clock and its timers are the test's. */
export function steeredLoad(limits: Partial<LoadLimits> = {}) {
  const looks = new Map<number, () => void>()
  let nowMs = 0
  const backlog: { read: () => Promise<number> } = { read: async () => 0 }
  const load = makeLoadMonitor(
    { loopDelayMs: 100, maxInFlight: 100, backlogMaxEntries: 100, ...limits },
    () => backlog.read(),
    {
      now: () => nowMs,
      every(ms, look) {
        looks.set(ms, look)
        return () => looks.delete(ms)
      },
    },
  )
  load.start()
  return {
    load,
    /** Turns of the loop that came so much later than planned. */
    turns(...lateMs: number[]): void {
      for (const ms of lateMs) {
        nowMs += 20 + ms
        looks.get(20)?.()
      }
    },
    /** Lets the monitor look at the backlog, which fails when `entries` is an error. */
    async backlogIs(entries: number | Error): Promise<void> {
      backlog.read = async () => {
        if (entries instanceof Error) throw entries
        return entries
      }
      looks.get(250)?.()
      await new Promise(setImmediate)
    },
  }
}
