/** The API in a process of its own under a profiler, which writes its report when the API has ended. */
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { openLog, tailLog } from '../../src/devstack/log-file.ts'
import { freePort } from '../../src/devstack/port.ts'
import { waitFor } from '../../src/devstack/wait.ts'
import { childrenOf } from '../bench/process-usage.ts'
import { answers, SERVICE_FLAGS } from '../bench/service-process.ts'
import { mainPath, type Stage } from '../bench/stage.ts'
import { keepMainThreadLog } from './isolate-logs.ts'
import type { Tool } from './tools.ts'

const namesPath = join(import.meta.dirname, 'name-typescript.ts')
const READY_TIMEOUT_MS = 60_000
/** Of the service's own end, and of reading what was recorded of it: V8's log of a minute is some hundred MB. */
const REPORT_TIMEOUT_MS = 300_000

export interface ProfiledService extends AsyncDisposable {
  /** Of the API itself; the profiler is its parent. */
  pid: number
  url: string
  /** Stops the service in order and waits for the report. @throws when the profiler fails or takes too long */
  finish(): Promise<void>
}

/** @param dir where the profiler puts its report */
export async function startProfiled(stage: Stage, tool: Tool, dir: string): Promise<ProfiledService> {
  const [port, diagnosticsPort] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}`
  // Profilers leave their working files where they run, and Clinic calls the service by the name of the folder.
  const cwd = join(mkdtempSync(join(stage.dir, 'profiled-')), 'floodgate')
  mkdirSync(cwd)
  const service = [process.execPath, ...SERVICE_FLAGS, '--import', namesPath, mainPath, 'start', 'api']
  const [program = process.execPath, ...args] = tool.command
    ? [process.execPath, ...tool.command(dir), ...service]
    : service
  const logPath = join(stage.dir, 'logs', `${tool.name}.log`)
  const log = openLog(logPath)
  // In a group of its own: Ctrl-C reaches this command, which stops the load first.
  const child = spawn(program, args, {
    cwd,
    env: {
      ...stage.env,
      PORT: `${port}`,
      DIAGNOSTICS_PORT: `${diagnosticsPort}`,
      DIAGNOSTICS_DIR: join(cwd, 'diagnostics'),
      // V8 has one CPU profiler and one heap profiler in a process: they are the tool's alone.
      CONTINUOUS_PROFILING: 'false',
      // Clinic would ask for leave to report its use, look for a newer version, and keep both in the home of whoever runs it.
      NO_INSIGHT: '1',
      NO_UPDATE_NOTIFIER: '1',
      XDG_CONFIG_HOME: cwd,
    },
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const hasEnded = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null
  const killNow = (): void => {
    if (child.pid !== undefined && !hasEnded()) process.kill(-child.pid, 'SIGKILL')
  }
  process.once('exit', killNow)
  const exited = new Promise<void>((done) => child.once('close', () => done()))
  void exited.then(() => process.off('exit', killNow))
  child.once('error', () => undefined)

  const isReady = () => answers(`${url}/health`)
  await waitFor(async () => hasEnded() || (await isReady()), { timeoutMs: READY_TIMEOUT_MS })
  if (hasEnded() || !(await isReady())) {
    killNow()
    throw new Error(`the API did not start under ${tool.name}; the end of its log:\n${tailLog(logPath)}`)
  }
  const started = child.pid as number
  const pid = tool.command ? childrenOf(started)[0] : started
  if (pid === undefined) {
    killNow()
    throw new Error(`the API is not under ${tool.name}; the end of its log:\n${tailLog(logPath)}`)
  }

  return {
    pid,
    url,
    async finish() {
      keepMainThreadLog(cwd)
      // The service itself, because each tool passes signals on in its own way; and SIGHUP, because 0x makes a process end at once
      // on SIGINT and SIGTERM, while on this one the service stops in order under any of them.
      process.kill(pid, 'SIGHUP')
      let late = false
      const timer = setTimeout(() => {
        late = true
        killNow()
      }, REPORT_TIMEOUT_MS)
      await exited
      clearTimeout(timer)
      if (late) throw new Error(`${tool.name} wrote no report within ${REPORT_TIMEOUT_MS / 1000} s`)
      if (child.exitCode !== 0)
        throw new Error(`${tool.name} ended with ${child.signalCode ?? child.exitCode}:\n${tailLog(logPath)}`)
    },
    async [Symbol.asyncDispose]() {
      killNow()
      if (child.pid !== undefined) await exited
    },
  }
}
