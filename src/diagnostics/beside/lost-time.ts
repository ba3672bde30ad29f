import { readFileSync } from 'node:fs'
import { limits } from '../limits.ts'
import { monotonicMs } from '../monotonic.ts'

interface Scheduled {
  cpuMs: number
  /** Ready to run, with no CPU for it. */
  waitedMs: number
}

export interface LostTime {
  lostMs: number
  /** In which it ran: none of it was lost. 0 where that is not known. */
  ranMs: number
}

/**
 * Time in which the main thread could not run whatever it wanted: the whole process was stopped (SIGSTOP, a frozen container), seen by
 * this thread's own turns that did not come; or there was no CPU for it, which Linux counts for each thread.
 */
export function makeLostTime(read: () => Scheduled | null = readScheduled) {
  let atMs = monotonicMs()
  let own = process.threadCpuUsage()
  let scheduled = read()
  const sum: LostTime = { lostMs: 0, ranMs: 0 }

  /** Called each `blockPollMs` at least. @returns the sums since the start */
  return function turn(): LostTime {
    const elapsedMs = monotonicMs() - atMs
    const used = process.threadCpuUsage(own)
    const now = scheduled && read()
    const waitedMs = now && scheduled ? now.waitedMs - scheduled.waitedMs : 0
    const ranMs = now && scheduled ? now.cpuMs - scheduled.cpuMs : 0
    const restedMs = elapsedMs - (used.user + used.system) / 1000
    // A turn that is a little late is no sign of anything. After one that is, the stop may have begun as soon as the turn before had ended:
    // none of the rest is held against the main thread but what Linux saw it run.
    const late = restedMs - limits.blockPollMs > limits.blockSuspectMs
    const stoppedMs = late ? Math.min(restedMs, elapsedMs - ranMs) : 0
    sum.lostMs += Math.max(0, waitedMs, stoppedMs)
    sum.ranMs += ranMs
    atMs += elapsedMs
    own = process.threadCpuUsage()
    scheduled = now
    return { ...sum }
  }
}

/** Of the main thread, whose number is the process's. @returns null where there is no such file */
function readScheduled(): Scheduled | null {
  try {
    const [cpu = 0, waited = 0] = readFileSync(`/proc/${process.pid}/task/${process.pid}/schedstat`, 'utf8')
      .split(' ')
      .map(Number)
    return { cpuMs: cpu / 1e6, waitedMs: waited / 1e6 }
  } catch {
    return null
  }
}
