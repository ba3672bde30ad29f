import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { ask } from './ask.ts'
import { temporaryDir } from './programs.ts'
import { startScript } from './running-app.ts'

const root = resolve(import.meta.dirname, '../..')
const untouched = join(import.meta.dirname, 'untouched-app.mjs')
const token = 'a-token-from-the-environment'
const env = { PATH: process.env.PATH, DIAGNOSTICS_PORT: '0', DIAGNOSTICS_TOKEN: token }
const headers = { authorization: `Bearer ${token}` }

test('--import mounts it in a service whose source is not touched', async (t) => {
  const register = join(root, 'src/diagnostics/register.ts')
  const app = await startScript(t, ['--import', register, untouched], env)
  assert.equal((await fetch(`${app.url}/metrics`)).status, 401)
  const page = await (await fetch(`${app.url}/metrics`, { headers })).text()
  assert.match(page, /^diagnostics_snapshot_age_seconds 0$/m)
  assert.equal((await fetch(`${app.url}/debug/pprof/profile?seconds=1`, { headers })).status, 200)
})

test('--import with an environment that is wrong stops the start with the reason', () => {
  const register = join(root, 'src/diagnostics/register.ts')
  for (const [wrong, reason] of [
    [{ DIAGNOSTICS_PORT: '99999' }, /DIAGNOSTICS_PORT="99999" is not a port/],
    [{ DIAGNOSTICS_CONTINUOUS: 'yes' }, /DIAGNOSTICS_CONTINUOUS="yes" is neither 0 nor 1/],
    [{ DIAGNOSTICS_TOKEN: 'short' }, /16 characters/],
    [{ DIAGNOSTICS_TOKEN: '', DIAGNOSTICS_HOST: '0.0.0.0' }, /set a token/],
  ] as const) {
    const { status, stderr } = spawnSync(process.execPath, ['--import', register, untouched], {
      env: { ...env, ...wrong },
      encoding: 'utf8',
      timeout: 30_000,
    })
    assert.equal(status, 1)
    assert.match(stderr, reason)
  }
})

test('a process that finds its port taken, as what a service forks does, says so and goes on', async (t) => {
  const register = join(root, 'src/diagnostics/register.ts')
  const app = await startScript(t, ['--import', register, untouched], env)
  const script = ['--import', register, '-e', 'console.log("its work is done")']
  const forked = { ...env, DIAGNOSTICS_PORT: String(app.diagnosticsPort) }
  const { status, stdout, stderr } = spawnSync(process.execPath, script, {
    env: forked,
    encoding: 'utf8',
    timeout: 30_000,
  })
  assert.equal(status, 0, stderr)
  assert.equal(stdout, 'its work is done\n')
  assert.match(stderr, /this process goes on without diagnostics.*EADDRINUSE/)
  assert.equal((await fetch(`${app.url}/metrics`, { headers })).status, 200)
})

test('names of hosts in the environment may have spaces around them, and empty ones are none', async (t) => {
  const register = join(root, 'src/diagnostics/register.ts')
  const named = { ...env, DIAGNOSTICS_ALLOWED_HOSTS: ' a.example, b.example ,' }
  const { diagnosticsPort } = await startScript(t, ['--import', register, untouched], named)
  const statusFor = async (host: string) =>
    (await ask(diagnosticsPort, '/metrics', { headers: { ...headers, host } })).status
  assert.deepEqual(
    [await statusFor('a.example'), await statusFor('b.example'), await statusFor('c.example')],
    [200, 200, 421],
  )
})

test('the built package is mounted by its name, in the service and by --import', async (t) => {
  // Below the project's folder, so that what is built finds the packages that it needs.
  mkdirSync(join(root, '.data'), { recursive: true })
  const dist = mkdtempSync(join(root, '.data/test-build-'))
  t.after(() => rmSync(dist, { recursive: true, force: true }))
  const tsc = join(root, 'node_modules/.bin/tsc')
  const project = join(root, 'src/tsconfig.build.json')
  const built = spawnSync(tsc, ['-p', project, '--outDir', join(dist, 'dist')], { encoding: 'utf8' })
  assert.equal(built.status, 0, built.stdout)
  symlinkSync(join(root, 'package.json'), join(dist, 'package.json'))

  const user = temporaryDir(t)
  mkdirSync(join(user, 'node_modules'))
  symlinkSync(dist, join(user, 'node_modules/floodgate'))
  const script = join(user, 'service.mjs')
  writeFileSync(
    script,
    `import { startDiagnostics } from 'floodgate/diagnostics'
const { port } = await startDiagnostics({ port: 0, token: '${token}' })
console.log(JSON.stringify({ diagnosticsPort: port }))
setInterval(() => {}, 1000)
`,
  )
  const service = await startScript(t, [script], env)
  const profile = await fetch(`${service.url}/debug/pprof/profile?seconds=1&format=folded`, { headers })
  assert.equal(profile.status, 200)

  writeFileSync(join(user, 'plain.mjs'), 'setInterval(() => {}, 1000)\n')
  const imported = spawnable(user)
  const plain = await startScript(t, ['--import', imported, join(user, 'plain.mjs')], env)
  assert.equal((await fetch(`${plain.url}/health`)).status, 200)
})

/** --import takes a package's name from the folder that node was started in; a file that imports it does the same from anywhere. */
function spawnable(dir: string): string {
  const path = join(dir, 'register.mjs')
  writeFileSync(path, "import 'floodgate/diagnostics/register'\n")
  return path
}

test('it keeps no process alive, and stopping it frees its port', () => {
  const entry = join(root, 'src/diagnostics/index.ts')
  const script = `
    import { startDiagnostics } from ${JSON.stringify(entry)}
    const first = await startDiagnostics({ port: 0 })
    await first.stop()
    const second = await startDiagnostics({ port: first.port })
    console.log(second.port === first.port)`
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module-typescript', '-e', script],
    { encoding: 'utf8', timeout: 30_000 },
  )
  assert.equal(status, 0, stderr)
  assert.equal(stdout, 'true\n')
})
