import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * What proves that a pid is still the process we started: pids are reused, so the start time is part of it, and a
 * piece of the command line (the data directory) says whose it is.
 */
export interface ProcessIdentity {
  pid: number
  startedAt: string
  commandPart: string
}

/** Identity of a living process, or undefined when it is gone. `commandPart` must occur in its command line later on. */
export function identify(pid: number, commandPart: string): ProcessIdentity | undefined {
  const found = inspect(pid)
  return found && { pid, startedAt: found.startedAt, commandPart }
}

/** True only when the pid lives, started at the recorded moment of this boot, and runs the recorded command. */
export function isSameProcess(identity: ProcessIdentity): boolean {
  const found = inspect(identity.pid)
  return found?.startedAt === identity.startedAt && found.command.includes(identity.commandPart)
}

function inspect(pid: number): { startedAt: string; command: string } | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 1) return undefined
  return process.platform === 'linux' ? inspectProc(pid) : inspectPs(pid)
}

function inspectProc(pid: number): { startedAt: string; command: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold blanks and parentheses itself: fields are counted from the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const state = fields[0]
    const startTicks = fields[19]
    // A zombie has ended; only its parent has not read its exit code yet.
    if (state === 'Z' || state === 'X' || startTicks === undefined) return undefined
    // Ticks count from boot, so they repeat after a reboot.
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    return { startedAt: `${boot}/${startTicks}`, command }
  } catch {
    return undefined
  }
}

function inspectPs(pid: number): { startedAt: string; command: string } | undefined {
  try {
    const startedAt = ps(['-o', 'lstart=', '-p', String(pid)])
    const command = ps(['-ww', '-o', 'args=', '-p', String(pid)])
    return startedAt === '' ? undefined : { startedAt, command }
  } catch {
    return undefined
  }
}

function ps(args: string[]): string {
  return execFileSync('ps', args, {
    encoding: 'utf8',
    timeout: 5_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
}
