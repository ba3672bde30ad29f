import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { findPrometheus } from './find-program.ts'
import type { ProcessIdentity } from './identity.ts'
import type { LaunchOptions, Server } from './server.ts'
import { serverEnv, untilReady } from './server.ts'
import { adoptServer, spawnServer } from './server-process.ts'

const stopRule = { signal: 'SIGTERM', timeoutMs: 10_000 } as const
const readyTimeoutMs = 60_000
const answerTimeoutMs = 2_000

/** Where Prometheus looks for what it scrapes and which rules it evaluates; whoever wants it writes that file first. */
export function prometheusConfigPath(dir: string): string {
  return join(dir, 'prometheus.yml')
}

/**
 * Starts a Prometheus on the configuration in its folder, with what the dashboards need of one: it keeps exemplars, and takes
 * what others write to it (k6 does). Resolves when it answers.
 */
export async function launchPrometheus(options: LaunchOptions): Promise<Server> {
  const found = await findPrometheus(options.env)
  if (found.kind === 'missing') throw new Error(found.why)
  const configPath = prometheusConfigPath(options.dir)
  if (!existsSync(configPath)) throw new Error(`Prometheus has no configuration: ${configPath} is missing`)
  const server = await spawnServer({
    command: found.path,
    args: [
      `--config.file=${configPath}`,
      // The command line names the data directory: that is how a left-over process is known to be ours.
      `--storage.tsdb.path=${join(options.dir, 'data')}`,
      '--storage.tsdb.retention.time=7d',
      `--web.listen-address=127.0.0.1:${options.port}`,
      '--web.enable-remote-write-receiver',
      '--enable-feature=exemplar-storage',
      '--log.level=warn',
    ],
    env: serverEnv(options.env),
    cwd: options.dir,
    logPath: options.logPath,
    stopRule,
  })
  options.onSpawn?.(server.pid)
  return untilReady(server, {
    name: 'Prometheus',
    url: prometheusUrl(options.port),
    port: options.port,
    check: () => answers(options.port, options.dir),
    timeoutMs: readyTimeoutMs,
    logPath: options.logPath,
    signal: options.signal,
  })
}

/** Takes over a Prometheus that is already running on this port and folder, or undefined when it does not answer there. */
export async function adoptPrometheus(
  dir: string,
  port: number,
  identity: ProcessIdentity,
): Promise<Server | undefined> {
  if (!(await answers(port, dir))) return undefined
  return { ...adoptServer(identity, stopRule), port, url: prometheusUrl(port) }
}

export function prometheusUrl(port: number): string {
  return `http://127.0.0.1:${port}`
}

/** Ready, and running in this folder: another Prometheus on this port is not taken for ours. */
async function answers(port: number, dir: string): Promise<boolean> {
  try {
    const ready = await get(port, '/-/ready')
    if (!ready.ok) return false
    const info = (await (await get(port, '/api/v1/status/runtimeinfo')).json()) as { data?: { CWD?: string } }
    return info.data?.CWD === realpathSync(dir)
  } catch {
    return false
  }
}

function get(port: number, path: string): Promise<Response> {
  return fetch(prometheusUrl(port) + path, { signal: AbortSignal.timeout(answerTimeoutMs) })
}
