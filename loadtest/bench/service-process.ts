import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { join } from 'node:path'
import packageJson from '../../package.json' with { type: 'json' }
import { openLog, tailLog } from '../../src/devstack/log-file.ts'
import { freePort } from '../../src/devstack/port.ts'
import { waitFor } from '../../src/devstack/wait.ts'
import { mainPath, type Stage } from './stage.ts'

/** Those of `npm start`. */
export const SERVICE_FLAGS = packageJson.scripts.start.split(' ').filter((word) => word.startsWith('--'))

const READY_TIMEOUT_MS = 60_000
/** The deadline of a graceful shutdown, and some more. */
const STOP_TIMEOUT_MS = 35_000

/** A Node process under load. */
export interface NodeProcess {
  pid: number
  url: string
  /** @throws when it does not end by itself; it is killed then */
  stop(): Promise<void>
}

export interface ServiceProcess extends NodeProcess {
  diagnosticsUrl: string
}

/** Starts one role of the service, as `npm start -- ROLE` does, and waits until it is ready. */
export async function startService(
  stage: Stage,
  role: 'api' | 'worker',
  settings: Readonly<Record<string, string>> = {},
): Promise<ServiceProcess> {
  const [port, diagnosticsPort] = [await freePort(), await freePort()]
  const env = { ...stage.env, PORT: `${port}`, DIAGNOSTICS_PORT: `${diagnosticsPort}`, ...settings }
  const url = `http://127.0.0.1:${port}`
  const diagnosticsUrl = `http://127.0.0.1:${diagnosticsPort}`
  const healthUrl = role === 'api' ? `${url}/health` : `${diagnosticsUrl}/health`
  const started = await startNode({
    args: [mainPath, 'start', role],
    name: role,
    env,
    healthUrl,
    dir: stage.dir,
  })
  return { ...started, url, diagnosticsUrl }
}

/** Starts a script in a Node process of its own and waits until its address answers. */
export async function startNode(options: {
  args: readonly string[]
  name: string
  env: Readonly<Record<string, string | undefined>>
  healthUrl: string
  dir: string
}): Promise<Omit<NodeProcess, 'url'>> {
  const { name, healthUrl } = options
  const logPath = join(options.dir, 'logs', `${name}.log`)
  const log = openLog(logPath)
  // In a group of its own: Ctrl-C reaches the bench, which stops the load first.
  const child = spawn(process.execPath, [...SERVICE_FLAGS, ...options.args], {
    env: options.env,
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  // However this process ends, nothing that it started is left behind.
  const killNow = (): void => void child.kill('SIGKILL')
  process.once('exit', killNow)
  const exited = new Promise<void>((done) => child.once('exit', () => done()))
  void exited.then(() => process.off('exit', killNow))
  child.once('error', () => undefined)
  const hasEnded = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null
  await waitFor(async () => hasEnded() || (await answers(healthUrl)), { timeoutMs: READY_TIMEOUT_MS })
  if (hasEnded() || !(await answers(healthUrl))) {
    child.kill('SIGKILL')
    throw new Error(`the ${name} did not start; the end of its log:\n${tailLog(logPath)}`)
  }
  return { pid: child.pid as number, stop: () => stop(child, exited, name) }
}

async function stop(child: ChildProcess, exited: Promise<void>, name: string): Promise<void> {
  child.kill('SIGTERM')
  let late = false
  const timer = setTimeout(() => {
    late = true
    child.kill('SIGKILL')
  }, STOP_TIMEOUT_MS)
  await exited
  clearTimeout(timer)
  if (late) throw new Error(`the ${name} did not stop within ${STOP_TIMEOUT_MS / 1000} s`)
}

export async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1000) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}
