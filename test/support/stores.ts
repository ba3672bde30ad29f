/**
 * Real stores for tests, isolated from each other: a Redis process of its own, a database from a migrated template,
 * topics with a prefix of their own. All of it is gone after the test. node:test runs after hooks in the order in which
 * they were added, so a store goes before the clients of a hook that was added later: close Kafka clients in a `finally`.
 * Needs `--test-global-setup` (global-setup.ts).
 */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, DatabaseError } from 'pg'
import { launchKafka } from '../../src/devstack/kafka.ts'
import { kafkaJarsDir } from '../../src/devstack/kafka-jars.ts'
import { launchPostgres } from '../../src/devstack/postgres.ts'
import { launchRedis } from '../../src/devstack/redis.ts'
import { fastPostgres, lightJava, templateDatabase, toolsDir } from './global-setup.ts'
import type { Cleanup, TestServer } from './restartable.ts'
import { openServer, uniqueName } from './restartable.ts'

/** For `test(name, { skip: withoutKafka }, …)`: why there is no such server on this machine, or false. */
export const withoutRedis: string | false = process.env.FLOODGATE_TEST_SKIP_REDIS ?? false
export const withoutPostgres: string | false = process.env.FLOODGATE_TEST_SKIP_POSTGRES ?? false
export const withoutKafka: string | false = process.env.FLOODGATE_TEST_SKIP_KAFKA ?? false

export interface TestRedis extends TestServer {
  /** Makes this Redis a replica of the other, or with `undefined` a primary of its own again. */
  replicaOf(other: TestServer | undefined): void
}

/** A redis-server of the test's own: append-only file synced every second, noeviction. `args` follow ours. */
export async function openRedis(t: Cleanup, options: { args?: readonly string[] } = {}): Promise<TestRedis> {
  const dir = join(runDir(), uniqueName('redis'))
  // A primary waits five seconds for more replicas before it sends the first one its data.
  const args = ['--repl-diskless-sync-delay', '0', ...(options.args ?? [])]
  const server = await openServer(t, dir, (port, onSpawn) =>
    launchRedis({ dir, port, onSpawn, logPath: `${dir}.log`, env: process.env, args }),
  )
  const replicaOf = (other: TestServer | undefined): void => {
    const target = other ? ['127.0.0.1', String(other.port)] : ['NO', 'ONE']
    execFileSync('redis-cli', ['-p', String(server.port), 'REPLICAOF', ...target], { timeout: 10_000 })
  }
  return { ...server, replicaOf }
}

/** A migrated, empty database in the run's PostgreSQL; dropped after the test, whoever is still connected. */
export async function openDatabase(t: Cleanup): Promise<{ url: string }> {
  const server = published('FLOODGATE_TEST_PG_URL')
  const name = `test_${randomUUID().replaceAll('-', '').slice(0, 16)}`
  await createFromTemplate(server, name)
  t.after(() => query(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href }
}

/** A PostgreSQL server of the test's own, migrated, for tests that kill it. */
export async function openPostgres(t: Cleanup): Promise<TestServer> {
  const dir = join(runDir(), uniqueName('postgres'))
  // Ownership and modes belong to the copy: PostgreSQL checks them.
  execFileSync('cp', ['-a', join(runDir(), 'postgres-template'), dir], { timeout: 60_000 })
  const server = await openServer(t, dir, (port, onSpawn) =>
    launchPostgres({ dir, port, onSpawn, logPath: `${dir}.log`, env: process.env, settings: fastPostgres }),
  )
  const url = new URL(server.url)
  url.pathname = `/${templateDatabase}`
  return { ...server, url: url.href }
}

export interface TestKafka {
  /** host:port */
  brokers: string
  /** The test's own name for a topic; nobody else's test sees it. Topics are not created by themselves. */
  topic(name: string): string
}

/** The run's Kafka broker, with topic names of the test's own. */
export function openKafka(_t: Cleanup): TestKafka {
  return { brokers: published('FLOODGATE_TEST_KAFKA'), topic: topicNames() }
}

/** A broker of the test's own, for tests that kill it. Takes some three seconds to start. */
export async function openOwnKafka(t: Cleanup): Promise<TestServer & TestKafka> {
  const dir = join(runDir(), uniqueName('kafka'))
  const jarsDir = kafkaJarsDir(toolsDir)
  const server = await openServer(t, dir, (port, onSpawn) =>
    launchKafka({ dir, port, onSpawn, logPath: `${dir}.log`, env: process.env, jarsDir, jvmArgs: lightJava }),
  )
  return { ...server, brokers: server.url, topic: topicNames() }
}

function topicNames(): (name: string) => string {
  const prefix = `t${randomUUID().slice(0, 8)}`
  return (name) => `${prefix}.${name}`
}

function runDir(): string {
  return published('FLOODGATE_TEST_DIR')
}

function published(name: string): string {
  const value = process.env[name]
  if (value !== undefined) return value
  throw new Error(`${name} is not set: run with node --test --test-global-setup=test/support/global-setup.ts`)
}

const maxCreateTries = 20

async function createFromTemplate(server: string, name: string): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      return await query(server, `CREATE DATABASE ${name} TEMPLATE ${templateDatabase}`)
    } catch (error) {
      // object_in_use: autovacuum is looking at the template.
      const isBusy = error instanceof DatabaseError && error.code === '55006'
      if (!isBusy || tried >= maxCreateTries) throw error
      await sleep(100)
    }
  }
}

async function query(server: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: server, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
