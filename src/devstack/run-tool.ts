import { spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { openLog, tailLog } from './log-file.ts'

export interface RunToolOptions {
  command: string
  args: readonly string[]
  cwd: string
  env: NodeJS.ProcessEnv
  logPath: string
  timeoutMs: number
  signal?: AbortSignal | undefined
}

/** Runs a program to its end, its output in a log. Throws when it fails, is aborted or takes longer than timeoutMs. */
export async function runTool(options: RunToolOptions): Promise<void> {
  const log = openLog(options.logPath)
  const late = AbortSignal.timeout(options.timeoutMs)
  const signal = AbortSignal.any([late, ...(options.signal ? [options.signal] : [])])
  try {
    await new Promise<void>((resolve, reject) => {
      const child = spawn(options.command, options.args, {
        cwd: options.cwd,
        env: options.env,
        detached: true,
        stdio: ['ignore', log, log],
      })
      // The whole group: Maven is a shell script whose child does the work.
      const end = (): void => {
        if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
      }
      signal.addEventListener('abort', end, { once: true })
      child.once('error', reject)
      child.once('exit', (code, killedBy) => {
        signal.removeEventListener('abort', end)
        if (code === 0) return resolve()
        const why = late.aborted
          ? `took over ${options.timeoutMs / 1000} s`
          : `ended with ${killedBy ?? code}`
        reject(
          new Error(`${options.command} ${why}; the end of ${options.logPath}:\n${tailLog(options.logPath)}`),
        )
      })
      if (signal.aborted) end()
    })
  } finally {
    closeSync(log)
  }
}
