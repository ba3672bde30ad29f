import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { Profile } from 'pprof-format'
import { stacksOf } from '../../src/diagnostics/formats/stacks.ts'
import { has, temporaryDir } from './programs.ts'
import { goPprof, type RunningApp, startApp, until } from './running-app.ts'

interface Vars {
  workers: Record<string, { process: { pid: number } }>
}

async function vars({ url }: RunningApp): Promise<Vars> {
  return (await (await fetch(`${url}/debug/vars`)).json()) as Vars
}

async function startCluster(t: { after(work: () => unknown): void }): Promise<RunningApp> {
  const app = await startApp(t, 'cluster')
  await until(async () => Object.keys((await vars(app)).workers).join() === '0,1,2')
  return app
}

/** CPU nanoseconds of the burning function by worker. */
function burned(profile: Profile): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { frames, labels, value } of stacksOf(profile, 'cpu').stacks) {
    const worker = labels.worker ?? 'none'
    if (frames.some(({ name }) => name === 'spin')) sums[worker] = (sums[worker] ?? 0) + value
  }
  return sums
}

async function profileOf(
  app: RunningApp,
  query: string,
): Promise<{ profile: Profile; partial: string | null }> {
  const response = await fetch(`${app.url}/debug/pprof/profile?${query}`)
  assert.equal(response.status, 200)
  const profile = Profile.decode(gunzipSync(new Uint8Array(await response.arrayBuffer())))
  return { profile, partial: response.headers.get('x-diagnostics-partial') }
}

test('one request profiles every worker of a cluster, and go tool pprof tells them apart', async (t) => {
  if (!has(t, 'go')) return
  const app = await startCluster(t)
  const address = `http://localhost:${app.diagnosticsPort}/debug/pprof/profile?seconds=2`
  const tags = await goPprof(temporaryDir(t), '-tags', address)
  assert.match(tags, /worker: Total/)
  for (const worker of [1, 2]) assert.match(tags, new RegExp(`: ${worker}$`, 'm'))
})

test('?worker= picks one', async (t) => {
  const app = await startCluster(t)
  const { profile, partial } = await profileOf(app, 'seconds=1&worker=2')
  assert.deepEqual(Object.keys(burned(profile)), ['2'])
  assert.equal(partial, null)
})

test('a worker that dies meanwhile gives a partial profile that says so', async (t) => {
  const app = await startCluster(t)
  const { workers } = await vars(app)
  const asked = profileOf(app, 'seconds=3')
  const sampling = /diagnostics_sampling_rate_hertz\{worker="2"\} 200/
  await until(async () => sampling.test(await (await fetch(`${app.url}/metrics`)).text()))
  process.kill(workers['2']?.process.pid ?? 0, 'SIGKILL')
  const { profile, partial } = await asked
  assert.equal(partial, 'worker 2')
  assert.deepEqual(Object.keys(burned(profile)), ['1'])
  assert.deepEqual(Object.keys((await vars(app)).workers), ['0', '1'])
})

test('metrics of all processes are one page', async (t) => {
  const app = await startCluster(t)
  const page = await (await fetch(`${app.url}/metrics`)).text()
  assert.match(page, /^app_turns_total 30$/m)
  for (const worker of [0, 1, 2])
    assert.match(page, new RegExp(`^diagnostics_sampling_rate_hertz\\{worker="${worker}"\\} 0$`, 'm'))
})

test("an application's own messages between primary and workers pass as they are", async (t) => {
  const app = await startCluster(t)
  await until(() => app.lines.filter(({ echo }) => echo).length >= 2)
  await fetch(`${app.url}/metrics`)
  const echoes = app.lines.flatMap(({ echo }) => (echo ? [echo as { app?: number }] : []))
  // Workers echo all that they hear: the library's own go by them too, in an envelope that is not the application's.
  const own = echoes.filter((echo) => echo.app !== undefined)
  assert.deepEqual(own.map(({ app: id }) => id).sort(), [1, 2])
})
