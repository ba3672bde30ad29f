import { spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProcessIdentity } from './identity.ts'
import { isSameProcess } from './identity.ts'
import { openLog } from './log-file.ts'

export interface ExitInfo {
  code: number | null
  signal: NodeJS.Signals | null
}

/** How a server is asked to end: the signal, and how long it may take before SIGKILL. */
export interface StopRule {
  signal: NodeJS.Signals
  timeoutMs: number
}

/** A server as an operating system process, whether we are its parent or adopted it. */
export interface ServerProcess {
  pid: number
  exited: Promise<ExitInfo>
  /** Sends a signal; nothing happens when the process is gone. */
  kill(signal: NodeJS.Signals): void
  /** Ends it by its stop rule and waits until it is gone. */
  stop(): Promise<void>
}

export interface SpawnServerOptions {
  command: string
  args: readonly string[]
  env: NodeJS.ProcessEnv
  cwd: string
  logPath: string
  stopRule: StopRule
}

/**
 * Starts a server in a session of its own, so that a terminal's Ctrl-C reaches only the service and the stores can be
 * stopped after it. Its output goes straight to its log file: it goes on writing there when we die.
 */
export async function spawnServer(options: SpawnServerOptions): Promise<ServerProcess> {
  const log = openLog(options.logPath)
  try {
    const child = spawn(options.command, options.args, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ['ignore', log, log],
    })
    const exited = new Promise<ExitInfo>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }))
    })
    const pid = await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('spawn', () => resolve(child.pid ?? -1))
    })
    const kill = (signal: NodeJS.Signals): void => {
      child.kill(signal)
    }
    return {
      pid,
      exited,
      kill,
      stop: () => stopByRule(kill, exited, options.stopRule),
    }
  } finally {
    closeSync(log)
  }
}

const adoptedPollMs = 200

/** Takes over a server that another keeper started. We are not its parent, so its end is noticed by looking (200 ms). */
export function adoptServer(identity: ProcessIdentity, stopRule: StopRule): ServerProcess {
  const exited = (async (): Promise<ExitInfo> => {
    while (isSameProcess(identity)) await sleep(adoptedPollMs)
    return { code: null, signal: null }
  })()
  const kill = (signal: NodeJS.Signals): void => {
    try {
      if (isSameProcess(identity)) process.kill(identity.pid, signal)
    } catch {
      // It ended between the look and the signal.
    }
  }
  return {
    pid: identity.pid,
    exited,
    kill,
    stop: () => stopByRule(kill, exited, stopRule),
  }
}

async function stopByRule(
  kill: (signal: NodeJS.Signals) => void,
  exited: Promise<ExitInfo>,
  rule: StopRule,
): Promise<void> {
  // A stopped (SIGSTOP) process would not act on any signal but SIGKILL.
  kill('SIGCONT')
  kill(rule.signal)
  const timer = new AbortController()
  const deadline = sleep(rule.timeoutMs, 'late', {
    signal: timer.signal,
  }).catch(() => 'done')
  if ((await Promise.race([exited, deadline])) === 'late') kill('SIGKILL')
  await exited
  timer.abort()
}
