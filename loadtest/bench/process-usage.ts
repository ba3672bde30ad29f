import { readdirSync, readFileSync } from 'node:fs'

/** Of Linux, on every architecture that Node runs on: times in /proc are counted in hundredths of a second. */
const TICKS_PER_SECOND = 100

/** CPU seconds of a process with its threads, and of the children that it has waited for. 0 when it is gone. */
export function cpuSeconds(pid: number): number {
  const [user = 0, system = 0, children = 0, childrenSystem = 0] = times(pid)
  return (user + system + children + childrenSystem) / TICKS_PER_SECOND
}

/** The same with the children that live, as those of PostgreSQL: one that ends meanwhile counts on as one waited for. */
export function treeCpuSeconds(pid: number): number {
  return childrenOf(pid).reduce((sum, child) => sum + treeCpuSeconds(child), cpuSeconds(pid))
}

/** CPU seconds of a process with its threads that live, to the nanosecond: the scheduler's own count. */
export function exactCpuSeconds(pid: number): number {
  const nanoseconds = threadsOf(pid).map((thread) =>
    Number(readProc(`${pid}/task/${thread}/schedstat`).split(' ')[0]),
  )
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e9
}

/** CPU seconds of the children that this process has waited for. */
export function endedChildrenCpuSeconds(): number {
  const [, , user = 0, system = 0] = times(process.pid)
  return (user + system) / TICKS_PER_SECOND
}

/** Resident memory, bytes. 0 when the process is gone. */
export function rssBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(`${pid}/status`))?.[1]
  return Number(kilobytes ?? 0) * 1024
}

/**
 * Memory of a process and the children that live, bytes: what several of them share counts once. 0 when it is gone, or belongs to somebody
 * else.
 */
export function pssBytes(pid: number): number {
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(readProc(`${pid}/smaps_rollup`))?.[1]
  return childrenOf(pid).reduce((sum, child) => sum + pssBytes(child), Number(kilobytes ?? 0) * 1024)
}

/** utime, stime, cutime, cstime: fields 14 to 17 of stat; see proc(5). */
function times(pid: number): number[] {
  const stat = readProc(`${pid}/stat`)
  // The name in parentheses may hold blanks: fields are counted from the last one.
  return stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15)
    .map(Number)
}

export function childrenOf(pid: number): number[] {
  return readProc(`${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8')
  } catch {
    return ''
  }
}
