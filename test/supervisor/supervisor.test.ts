import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { identify, isSameProcess } from '../../src/devstack/identity.ts'
import { freePort } from '../../src/devstack/port.ts'
import { pauseAfter } from '../../src/supervisor/back-off.ts'
import { CannotStart } from '../../src/supervisor/supervisor.ts'
import { exec, openFolder, openScene, until } from './scene.ts'

test('the pause before a start doubles with every death in a row, up to the longest', () => {
  const backOff = { firstMs: 100, maxMs: 1000, stableMs: 1 }
  const pauses = [0, 1, 2, 3, 4, 5, 1000].map((deaths) => pauseAfter(deaths, backOff))
  assert.deepEqual(pauses, [100, 200, 400, 800, 1000, 1000, 1000])
})

test('every process answers on the one port', async (t) => {
  const scene = await openScene(t, { count: 3 })
  assert.equal(`${await scene.supervisor.start()}/`, scene.address)
  const answering = new Set<number>()
  await until('all have answered', async () => answering.add(await scene.pid()).size === 3)
  assert.deepEqual([...answering].sort(), scene.pids().sort())
  await scene.supervisor.stop(5000)
  assert.deepEqual(scene.living(), [])
  assert.deepEqual(scene.late, [])
})

test('a process that is killed is replaced, and the others go on', async (t) => {
  const scene = await openScene(t)
  await scene.supervisor.start()
  const [killed, other] = scene.pids()
  process.kill(killed as number, 'SIGKILL')
  await until('it is replaced', () => ![null, killed].includes(scene.pids()[0]))
  assert.equal(scene.pids()[1], other)
  assert.deepEqual(scene.deaths, [{ place: 'app 1', how: 'SIGKILL', pauseMs: 10 }])
  const answering = new Set<number>()
  await until('both answer', async () => answering.add(await scene.pid()).size === 2)
})

test('a process that dies again and again is started after ever longer pauses, and never given up', async (t) => {
  const scene = await openScene(t, { count: 1 })
  await scene.supervisor.start()
  const well = scene.steer('dies')
  process.kill(scene.pids()[0] as number, 'SIGKILL')
  await until('it has died often', () => scene.deaths.length >= 6)
  const pauses = scene.deaths.slice(0, 6).map(({ pauseMs }) => pauseMs)
  assert.deepEqual(pauses, [10, 20, 40, 80, 80, 80])
  assert.equal(scene.deaths[1]?.how, 'it ended with code 3')
  well()
  await until('it is there again', () => scene.supervisor.look()[0]?.state === 'running')
  assert.ok(scene.living().includes(await scene.pid()))
})

test('after a process that was well, the pause is the first one again', async (t) => {
  const scene = await openScene(t, { count: 1, backOff: { stableMs: 0 } })
  await scene.supervisor.start()
  for (let death = 1; death <= 3; death++) {
    process.kill(scene.pids()[0] as number, 'SIGKILL')
    await until('it is replaced', () => scene.deaths.length === death && scene.pids()[0] !== null)
  }
  assert.deepEqual(
    scene.deaths.map(({ pauseMs }) => pauseMs),
    [10, 10, 10],
  )
})

test('a process that cannot start at first fails the start with what it said, and nothing is left', async (t) => {
  const scene = await openScene(t)
  scene.steer('fails')
  await assert.rejects(scene.supervisor.start(), (error: Error) => {
    assert.ok(error instanceof CannotStart)
    assert.match(error.message, /the app 1 process cannot start: the stage is not built/)
    return true
  })
  assert.deepEqual(scene.living(), [])
})

test('a process that does not get ready in time is killed, and counts as one that cannot start', async (t) => {
  const scene = await openScene(t, { count: 1, startTimeoutMs: 300 })
  scene.steer('silent')
  await assert.rejects(scene.supervisor.start(), /not ready within 300 ms/)
  assert.deepEqual(scene.living(), [])
})

test('a process that does not stop in time is killed', async (t) => {
  const scene = await openScene(t)
  scene.steer('deaf')
  await scene.supervisor.start()
  await scene.supervisor.stop(100)
  assert.deepEqual(scene.late.sort(), ['app 1', 'app 2'])
  assert.deepEqual(scene.living(), [])
})

test('a rolling restart exchanges every process, and one that is asked for meanwhile follows', async (t) => {
  const scene = await openScene(t)
  await scene.supervisor.start()
  const before = scene.pids()
  const order = { drainMs: 0, withinMs: 5000 }
  const first = scene.supervisor.restart(order)
  const [second, third] = [scene.supervisor.restart(order), scene.supervisor.restart(order)]
  assert.deepEqual(await first, { kind: 'restarted', processes: 2 })
  const between = scene.pids()
  await Promise.all([second, third])
  const pids = [...before, ...between, ...scene.pids()]
  assert.equal(new Set(pids).size, 6)
  assert.equal(scene.living().length, 2)
  assert.deepEqual(scene.deaths, [])
})

test('a new process that does not get ready ends a rolling restart, and the old ones go on', async (t) => {
  const scene = await openScene(t)
  await scene.supervisor.start()
  const before = scene.pids()
  const well = scene.steer('fails')
  const order = { drainMs: 0, withinMs: 5000 }
  const outcome = await scene.supervisor.restart(order)
  assert.deepEqual(outcome, { kind: 'cut_short', place: 'app 1', why: 'the stage is not built' })
  assert.deepEqual(scene.pids(), before)
  assert.deepEqual(scene.living(), before)
  well()
  assert.equal((await scene.supervisor.restart(order)).kind, 'restarted')
})

test('a process that dies in its own replacement leaves one process, the new one', async (t) => {
  const scene = await openScene(t, { count: 1 })
  await scene.supervisor.start()
  const [old] = scene.pids()
  const restarted = scene.supervisor.restart({ drainMs: 0, withinMs: 5000 })
  process.kill(old as number, 'SIGKILL')
  assert.equal((await restarted).kind, 'restarted')
  assert.notEqual(scene.pids()[0], old)
  await until('there is one', () => scene.living().length === 1)
  assert.deepEqual(scene.living(), scene.pids())
})

test('a process that is told to stop by itself stops in order, and is replaced', async (t) => {
  const scene = await openScene(t)
  await scene.supervisor.start()
  process.kill(scene.pids()[0] as number, 'SIGTERM')
  await until('it is replaced', () => scene.deaths.length === 1 && scene.pids()[0] !== null)
  assert.equal(scene.deaths[0]?.how, 'code 0')
})

test('what a terminal sends to everybody ends no process', async (t) => {
  const scene = await openScene(t)
  await scene.supervisor.start()
  for (const pid of scene.pids()) {
    process.kill(pid as number, 'SIGINT')
    process.kill(pid as number, 'SIGHUP')
  }
  await scene.supervisor.restart({ drainMs: 0, withinMs: 5000 })
  assert.deepEqual(scene.deaths, [])
})

test('a primary that is killed with -9 leaves no process', async (t) => {
  const folder = openFolder(t)
  const args = [resolve(import.meta.dirname, 'primary.ts'), String(await freePort()), folder]
  const primary = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => void primary.kill('SIGKILL'))
  const [line] = await once(createInterface({ input: primary.stdout }), 'line')
  const members = (JSON.parse(line) as number[]).map((pid) => identify(pid, exec))
  assert.equal(members.filter((member) => member && isSameProcess(member)).length, 2)
  primary.kill('SIGKILL')
  await until('they are gone', () => !members.some((member) => member && isSameProcess(member)))
})
