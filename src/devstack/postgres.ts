import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import type { ProcessIdentity } from './identity.ts'
import { postgresRole, preparePostgresData } from './postgres-data.ts'
import type { LaunchOptions, Server } from './server.ts'
import { serverEnv, untilReady } from './server.ts'
import { adoptServer, spawnServer } from './server-process.ts'
import { unprivilegedUser } from './unprivileged.ts'

// SIGINT is PostgreSQL's fast shutdown: it ends sessions and writes a checkpoint.
const stopRule = { signal: 'SIGINT', timeoutMs: 30_000 } as const
// Replaying the log after a crash is part of the start.
const readyTimeoutMs = 180_000
const databaseName = 'floodgate'

export interface PostgresOptions extends LaunchOptions {
  /** More server settings, over ours: `{ fsync: 'off' }`. */
  settings?: Readonly<Record<string, string>>
}

/**
 * Starts a PostgreSQL for local work, with the role and the database `floodgate`, trusting everyone on the loopback
 * address. fsync and synchronous_commit stay on: a confirmed booking is promised to survive. Resolves when it accepts
 * connections.
 */
export async function launchPostgres(options: PostgresOptions): Promise<Server> {
  const postgres = await preparePostgresData(options)
  const prefix = unprivilegedUser()?.prefix(options.dir) ?? []
  const command = [...prefix, postgres, '-D', options.dir, ...settingArgs(options)]
  const server = await spawnServer({
    command: command[0] ?? postgres,
    args: command.slice(1),
    env: serverEnv(options.env),
    cwd: options.dir,
    logPath: options.logPath,
    stopRule,
  })
  options.onSpawn?.(server.pid)
  const ready = await untilReady(server, {
    name: 'PostgreSQL',
    url: databaseUrl(options.port),
    port: options.port,
    check: (pid) => saysReady(options.dir, pid),
    timeoutMs: readyTimeoutMs,
    logPath: options.logPath,
    signal: options.signal,
  })
  await createDatabase(options.port).catch(async (error: unknown) => {
    await ready.stop()
    throw error
  })
  return ready
}

/** Takes over a PostgreSQL that is already running on this directory and port, or undefined when it is not ready. */
export async function adoptPostgres(
  dir: string,
  port: number,
  identity: ProcessIdentity,
): Promise<Server | undefined> {
  if (!saysReady(dir, identity.pid)) return undefined
  await createDatabase(port)
  return { ...adoptServer(identity, stopRule), port, url: databaseUrl(port) }
}

function databaseUrl(port: number, database = databaseName): string {
  return `postgres://${postgresRole}@127.0.0.1:${port}/${database}`
}

/**
 * For two cores and a benchmark: memory for the hot set, checkpoints far apart, no socket outside of the loopback, and connections for the
 * pools of a dozen processes.
 */
function settingArgs(options: PostgresOptions): string[] {
  const settings = {
    port: String(options.port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '300',
    shared_buffers: '256MB',
    effective_cache_size: '4GB',
    work_mem: '16MB',
    max_wal_size: '4GB',
    checkpoint_timeout: '15min',
    random_page_cost: '1.1',
    log_timezone: 'UTC',
    timezone: 'UTC',
    ...options.settings,
  }
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** postmaster.pid: its first line is the pid, its eighth says `ready` once sessions are accepted; pg_ctl reads it too. */
function saysReady(dir: string, pid: number): boolean {
  try {
    const lines = readFileSync(join(dir, 'postmaster.pid'), 'utf8').split('\n')
    return Number(lines[0]) === pid && lines[7]?.trim() === 'ready'
  } catch {
    return false
  }
}

async function createDatabase(port: number): Promise<void> {
  const client = new Client({
    connectionString: databaseUrl(port, 'postgres'),
    connectionTimeoutMillis: 10_000,
    query_timeout: 30_000,
  })
  // A server that is killed meanwhile shows in the query's own error.
  client.on('error', () => undefined)
  await client.connect()
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [databaseName])
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${databaseName} OWNER ${postgresRole}`)
  } finally {
    await client.end().catch(() => undefined)
  }
}
