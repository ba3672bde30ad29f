import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { Redis } from 'ioredis'
import { Client } from 'pg'
import { identify, isSameProcess } from '../../src/devstack/identity.ts'
import { livingKeeper, readRecord, writeRecord } from '../../src/devstack/record.ts'
import { waitFor } from '../../src/devstack/wait.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { openDataDir, stackCommand, startService, untilNothingRuns } from './service.ts'

const skip = withoutRedis || withoutPostgres

test('a service that is killed with -9 leaves no store running', { skip }, async (t) => {
  const dataDir = openDataDir(t)
  const service = await startService(dataDir, 'redis,postgres')
  const db = new Client(service.endpoints.databaseUrl)
  await db.connect()
  assert.equal((await db.query('SHOW fsync')).rows[0].fsync, 'on')
  await db.end()
  service.child.kill('SIGKILL')
  assert.ok(await untilNothingRuns(dataDir), 'a store is still running')
})

test('a service that stops takes its stores with it, and the next one finds their data on the same port', {
  skip,
}, async (t) => {
  const dataDir = openDataDir(t)
  const first = await startService(dataDir, 'redis')
  await withRedis(first.endpoints.redisUrl, (redis) => redis.set('seat', 'A1'))
  first.child.kill('SIGTERM')
  assert.deepEqual(await once(first.child, 'exit'), [0, null])
  assert.ok(await untilNothingRuns(dataDir))

  const second = await startService(dataDir, 'redis')
  assert.equal(second.endpoints.redisUrl, first.endpoints.redisUrl)
  assert.equal(await withRedis(second.endpoints.redisUrl, (redis) => redis.get('seat')), 'A1')
})

test('stores are stopped also when their data directory was removed under them', { skip }, async (t) => {
  const dataDir = openDataDir(t)
  const service = await startService(dataDir, 'redis')
  const redis = readRecord(dataDir).stores.redis?.process
  assert.ok(redis)
  rmSync(dataDir, { recursive: true })
  service.child.kill('SIGKILL')
  assert.ok(await waitFor(() => !isSameProcess(redis), { timeoutMs: 30_000 }), 'Redis is still running')
})

test('a Redis that is killed comes back on its port with its data', { skip }, async (t) => {
  const dataDir = openDataDir(t)
  const { endpoints, lines } = await startService(dataDir, 'redis')
  await withRedis(endpoints.redisUrl, (redis) => redis.set('seat', 'A1'))
  const killedPid = redisPid(dataDir)
  process.kill(killedPid, 'SIGKILL')
  assert.ok(await waitFor(() => lines.some((line) => line.includes('Redis is back')), { timeoutMs: 30_000 }))
  assert.notEqual(redisPid(dataDir), killedPid)
  assert.equal(await withRedis(endpoints.redisUrl, (redis) => redis.get('seat')), 'A1')
})

test('a keeper that is killed is replaced, and the stores run on untouched', { skip }, async (t) => {
  const dataDir = openDataDir(t)
  const service = await startService(dataDir, 'redis')
  const before = redisPid(dataDir)
  const killed = livingKeeper(readRecord(dataDir))?.process.pid ?? 0
  process.kill(killed, 'SIGKILL')
  const isReplaced = (): boolean => {
    const keeper = livingKeeper(readRecord(dataDir))
    return keeper?.state === 'running' && keeper.process.pid !== killed
  }
  assert.ok(await waitFor(isReplaced, { timeoutMs: 30_000 }))
  assert.equal(redisPid(dataDir), before)
  service.child.kill('SIGTERM')
  assert.deepEqual(await once(service.child, 'exit'), [0, null])
  assert.ok(await untilNothingRuns(dataDir), 'the adopted Redis was not stopped')
})

test('what a killed service and its killed keeper left behind is taken over by the next start', {
  skip,
}, async (t) => {
  const dataDir = openDataDir(t)
  const first = await startService(dataDir, 'redis')
  const before = redisPid(dataDir)
  // The keeper first, and its owner before it can start another.
  first.child.kill('SIGSTOP')
  process.kill(livingKeeper(readRecord(dataDir))?.process.pid ?? 0, 'SIGKILL')
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  assert.ok(await waitFor(() => livingKeeper(readRecord(dataDir)) === undefined, { timeoutMs: 10_000 }))

  const second = await startService(dataDir, 'redis')
  assert.equal(redisPid(dataDir), before)
  assert.equal(second.endpoints.redisUrl, first.endpoints.redisUrl)
})

test('a second service joins the stores of the first and leaves them running', { skip }, async (t) => {
  const dataDir = openDataDir(t)
  const first = await startService(dataDir, 'redis')
  const guest = await startService(dataDir, 'redis')
  assert.deepEqual(guest.endpoints, first.endpoints)
  guest.child.kill('SIGTERM')
  await once(guest.child, 'exit')
  assert.equal(await withRedis(first.endpoints.redisUrl, (redis) => redis.ping()), 'PONG')
})

test('a port that is taken falls back to a free one', { skip }, async (t) => {
  const dataDir = openDataDir(t)
  const squatter = createServer().listen(0, '127.0.0.1')
  await once(squatter, 'listening')
  t.after(() => squatter.close())
  const address = squatter.address()
  const taken = typeof address === 'object' && address ? address.port : 0
  writeRecord(dataDir, { stores: { redis: { port: taken, state: 'stopped' } } })
  const { endpoints } = await startService(dataDir, 'redis')
  assert.notEqual(new URL(endpoints.redisUrl ?? '').port, String(taken))
  assert.equal(await withRedis(endpoints.redisUrl, (redis) => redis.ping()), 'PONG')
})

test('a recorded pid that is somebody else now is never killed', { skip }, async (t) => {
  const dataDir = openDataDir(t)
  const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  t.after(() => stranger.kill('SIGKILL'))
  await once(stranger, 'spawn')
  const real = identify(stranger.pid ?? 0, '')
  assert.ok(real)
  const otherCommand = { ...real, commandPart: join(dataDir, 'redis') }
  const otherStart = { ...real, startedAt: 'another-boot/1' }
  writeRecord(dataDir, {
    keeper: { process: otherStart, mode: 'detached', state: 'running' },
    stores: {
      redis: { port: 6379, state: 'running', process: otherCommand },
      postgres: { port: 5432, state: 'running', process: otherStart },
    },
  })
  assert.equal(stackCommand(dataDir, 'down').code, 0)
  const service = await startService(dataDir, 'redis')
  service.child.kill('SIGKILL')
  assert.ok(await untilNothingRuns(dataDir))
  assert.equal(stranger.exitCode ?? stranger.signalCode, null, 'the stranger was killed')
})

test('stack reset refuses while a service uses its stores, and says why', { skip }, async (t) => {
  const dataDir = openDataDir(t)
  const service = await startService(dataDir, 'redis')
  for (const verb of ['reset', 'down', 'up']) {
    const refused = stackCommand(dataDir, verb)
    assert.equal(refused.code, 1)
    assert.match(refused.err, new RegExp(`a service \\(pid ${service.pid}\\)`))
  }
  assert.equal(await withRedis(service.endpoints.redisUrl, (redis) => redis.ping()), 'PONG')
})

test('stack up outlives its command, a service uses it, status shows it, reset ends it and its data', {
  skip,
}, async (t) => {
  const dataDir = openDataDir(t)
  const up = stackCommand(dataDir, 'up', '--yes')
  assert.equal(up.code, 0, up.err)
  const redisUrl = /^REDIS_URL=(.+)$/m.exec(up.out)?.[1]
  assert.match(up.out, /^DATABASE_URL=postgres:\/\/floodgate@127\.0\.0\.1:\d+\/floodgate$/m)
  const service = await startService(dataDir, 'redis')
  assert.equal(service.endpoints.redisUrl, redisUrl)
  service.child.kill('SIGKILL')

  const status = stackCommand(dataDir, 'status').out
  assert.match(status, new RegExp(`redis +running +${redisPid(dataDir)} +\\d+ +[\\d.]+ MB`))
  assert.match(status, /postgres +running/)
  assert.match(status, /kept by pid \d+ for stack up/)

  assert.equal(stackCommand(dataDir, 'reset').code, 0)
  assert.ok(await untilNothingRuns(dataDir))
  assert.equal(existsSync(join(dataDir, 'redis')), false)
  assert.equal(existsSync(join(dataDir, 'postgres')), false)
  assert.match(stackCommand(dataDir, 'status').out, /redis +stopped[\s\S]*not running/)
})

test('an unknown verb is answered with the usage and exit code 2', (t) => {
  const wrong = stackCommand(openDataDir(t), 'dwon')
  assert.equal(wrong.code, 2)
  assert.match(wrong.err, /usage: npm run stack/)
})

async function withRedis<T>(url: string | undefined, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url ?? 'redis://127.0.0.1:1')
  try {
    return await work(redis)
  } finally {
    redis.disconnect()
  }
}

function redisPid(dataDir: string): number {
  return readRecord(dataDir).stores.redis?.process?.pid ?? 0
}
