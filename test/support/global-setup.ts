/**
 * Once per test run: one PostgreSQL with a migrated template database and one Kafka broker for all test files, published
 * through environment variables that the test processes inherit. Where a server cannot be had, the reason is published
 * instead and its tests are skipped by name; with CI=true the run fails.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Client } from 'pg'
import { findRedis } from '../../src/devstack/find-program.ts'
import { launchKafka } from '../../src/devstack/kafka.ts'
import { freePort } from '../../src/devstack/port.ts'
import { launchPostgres } from '../../src/devstack/postgres.ts'
import { prepareKafka } from '../../src/devstack/prepare-kafka.ts'
import { withProgress } from '../../src/devstack/progress.ts'
import { providePrograms } from '../../src/devstack/provide.ts'
import type { Server } from '../../src/devstack/server.ts'
import { waitFor } from '../../src/devstack/wait.ts'
import { migrate } from '../../src/postgres/migrate.ts'
import { clearRunDir, makeRunDir, notePid } from './run-dir.ts'

export const toolsDir = resolve(import.meta.dirname, '../../.tools')
export const templateDatabase = 'floodgate_template'

/** A test's data need not survive a power cut. It does survive kill -9: the pages are the kernel's by then. */
export const fastPostgres: Readonly<Record<string, string>> = {
  fsync: 'off',
  full_page_writes: 'off',
  max_connections: '300',
  shared_buffers: '128MB',
  max_wal_size: '1GB',
}

/** A broker that lives for a minute starts sooner, and leaves the cores alone, when Java optimises less. */
export const lightJava: readonly string[] = ['-XX:TieredStopAtLevel=1']

const env = process.env
const isCi = env.CI === 'true'
const servers: Server[] = []
let runDir = ''

export async function globalSetup(): Promise<void> {
  runDir = makeRunDir()
  // PostgreSQL runs as another user where we are root.
  chmodSync(runDir, 0o755)
  process.env.FLOODGATE_TEST_DIR = runDir
  const want = { redis: true, postgres: true, kafka: true }
  try {
    await orSkip(['REDIS', 'POSTGRES', 'KAFKA'], () =>
      providePrograms({ dataDir: runDir, toolsDir, want, assumeYes: isCi, env, report }),
    )
    await Promise.all([
      orSkip(['REDIS'], checkRedis),
      orSkip(['POSTGRES'], () => withProgress(report, 'starting PostgreSQL', startPostgres())),
      orSkip(['KAFKA'], () => withProgress(report, 'starting Kafka', startKafka())),
    ])
  } catch (error) {
    await globalTeardown()
    throw error
  }
}

export async function globalTeardown(): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()))
  clearRunDir(runDir)
}

async function orSkip(stores: readonly string[], work: () => Promise<void>): Promise<void> {
  for (const store of stores) delete process.env[`FLOODGATE_TEST_SKIP_${store}`]
  try {
    await work()
  } catch (error) {
    if (isCi) throw error
    const why = error instanceof Error ? error.message : String(error)
    report(`tests that need ${stores.join(', ')} are skipped: ${why}`)
    for (const store of stores) process.env[`FLOODGATE_TEST_SKIP_${store}`] = why
  }
}

async function checkRedis(): Promise<void> {
  const found = await findRedis(env)
  if (found.kind === 'missing') throw new Error(found.why)
}

async function startPostgres(): Promise<void> {
  const dir = join(runDir, 'postgres')
  const first = await launch(dir, await freePort())
  const url = new URL(first.url)
  url.pathname = `/${templateDatabase}`
  await onServer(first.url, (client) => client.query(`CREATE DATABASE ${templateDatabase}`))
  await migrate({ url: url.href, ca: null })
  await onServer(first.url, untilTemplateIsFree)
  // A copy of the stopped server is what openPostgres starts from.
  await first.stop()
  execFileSync('cp', ['-a', dir, join(runDir, 'postgres-template')], { timeout: 60_000 })
  const server = await launch(dir, first.port)
  servers.push(server)
  process.env.FLOODGATE_TEST_PG_URL = server.url
}

function launch(dir: string, port: number): Promise<Server> {
  const onSpawn = (pid: number): void => notePid(runDir, 'postgres', pid, dir)
  return launchPostgres({ dir, port, onSpawn, logPath: `${dir}.log`, env, settings: fastPostgres })
}

async function onServer(url: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

/** The migration's session ends a moment after it resolved; a shutdown under it would be an error in this process. */
async function untilTemplateIsFree(client: Client): Promise<void> {
  const isFree = async (): Promise<boolean> => {
    const sessions = 'SELECT 1 FROM pg_stat_activity WHERE datname = $1'
    return (await client.query(sessions, [templateDatabase])).rowCount === 0
  }
  if (!(await waitFor(isFree, { timeoutMs: 10_000 })))
    throw new Error(`somebody stays connected to ${templateDatabase}`)
}

async function startKafka(): Promise<void> {
  const dir = join(runDir, 'kafka')
  const jarsDir = await prepareKafka({ toolsDir, logPath: join(runDir, 'maven.log'), env, report })
  const onSpawn = (pid: number): void => notePid(runDir, 'kafka', pid, dir)
  const port = await freePort()
  const server = await launchKafka({
    dir,
    port,
    onSpawn,
    logPath: `${dir}.log`,
    env,
    jarsDir,
    jvmArgs: lightJava,
  })
  servers.push(server)
  process.env.FLOODGATE_TEST_KAFKA = server.url
}

function report(line: string): void {
  process.stderr.write(`test stores: ${line}\n`)
}
