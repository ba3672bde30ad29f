import { mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { findRedis } from './find-program.ts'
import type { ProcessIdentity } from './identity.ts'
import type { LaunchOptions, Server } from './server.ts'
import { serverEnv, untilReady } from './server.ts'
import { adoptServer, spawnServer } from './server-process.ts'

const stopRule = { signal: 'SIGTERM', timeoutMs: 10_000 } as const
// Loading a large append-only file is part of the start.
const readyTimeoutMs = 120_000

export interface RedisOptions extends LaunchOptions {
  /** More arguments for redis-server, after ours: `['--replicaof', '127.0.0.1 7000']`. */
  args?: readonly string[]
  /** Whether it answers, where those arguments make it answer otherwise: over TLS, or with a password. */
  check?: (pid: number) => Promise<boolean>
}

/**
 * Starts a Redis that promises what the service needs of one: an append-only file synced every second, and no eviction
 * (a key that was evicted would be a seat that was forgotten). Resolves when it answers and has loaded its data.
 */
export async function launchRedis(options: RedisOptions): Promise<Server> {
  const found = await findRedis(options.env)
  if (found.kind === 'missing') throw new Error(found.why)
  mkdirSync(options.dir, { recursive: true })
  const server = await spawnServer({
    command: found.path,
    args: [...redisArgs(options), ...(options.args ?? [])],
    env: serverEnv(options.env),
    cwd: options.dir,
    logPath: options.logPath,
    stopRule,
  })
  options.onSpawn?.(server.pid)
  return untilReady(server, {
    name: 'Redis',
    url: redisUrl(options.port),
    port: options.port,
    check: options.check ?? ((pid) => answers(options.port, pid)),
    timeoutMs: readyTimeoutMs,
    logPath: options.logPath,
    signal: options.signal,
  })
}

/** Takes over a Redis that is already running on this port, or undefined when it does not answer there. */
export async function adoptRedis(port: number, identity: ProcessIdentity): Promise<Server | undefined> {
  if (!(await answers(port, identity.pid))) return undefined
  return { ...adoptServer(identity, stopRule), port, url: redisUrl(port) }
}

function redisUrl(port: number): string {
  return `redis://127.0.0.1:${port}`
}

function redisArgs(options: LaunchOptions): string[] {
  const settings = {
    bind: '127.0.0.1',
    port: String(options.port),
    dir: options.dir,
    appendonly: 'yes',
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
    // The append-only file is the one copy on disk; snapshots beside it would only cost forks.
    save: '',
    // The command line names the data directory: that is how a left-over process is known to be ours.
    'set-proc-title': 'no',
    'always-show-logo': 'no',
    daemonize: 'no',
  }
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
}

const answerTimeoutMs = 2_000

/** PING answers only when the data is loaded; INFO names the pid, so another Redis on this port is not taken for ours. */
function answers(port: number, pid: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    let reply = ''
    const settle = (ready: boolean): void => {
      socket.destroy()
      resolve(ready)
    }
    socket.setTimeout(answerTimeoutMs, () => settle(false))
    socket.once('error', () => settle(false))
    socket.once('close', () => settle(false))
    socket.once('connect', () => socket.write('PING\r\nINFO server\r\n'))
    socket.on('data', (chunk) => {
      reply += chunk.toString('latin1')
      if (!'+PONG'.startsWith(reply.slice(0, 5))) settle(false)
      const said = /process_id:(\d+)\r/.exec(reply)?.[1]
      if (said !== undefined) settle(Number(said) === pid)
    })
  })
}
