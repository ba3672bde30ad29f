/** What becomes of captures on a file system that is really full: a small one in memory, mounted for each test. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { makeArtifacts } from '../../src/diagnostics/artifacts/store.ts'
import { ask } from './ask.ts'
import { startRecording } from './recording.ts'
import { startScript, until } from './running-app.ts'

const MIB = 2 ** 20
const described = (name: string) => ({ name, kind: 'flight', trigger: 'test' })

/** An empty file system of this size. Null where nobody lets us mount one; then the test is skipped by its name. */
function smallDisk(t: TestContext, mib: number): string | null {
  const dir = mkdtempSync(join(tmpdir(), 'diagnostics-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'none', dir])
  if (mounted.status !== 0) {
    rmdirSync(dir)
    t.skip('mounting is not allowed here')
    return null
  }
  t.after(() => {
    // A process of the test that ends later does not keep it.
    spawnSync('umount', ['-l', dir])
    rmdirSync(dir)
  })
  return dir
}

/** Until there is no room for a byte. */
function fill(dir: string): void {
  assert.throws(() => writeFileSync(join(dir, 'filler'), Buffer.alloc(64 * MIB)), { code: 'ENOSPC' })
}

test('an artifact that does not fit is not there at all, and what was there before stays', async (t) => {
  const dir = smallDisk(t, 2)
  if (dir === null) return
  const store = makeArtifacts({
    dir,
    bounds: { countMax: 10, bytesMax: 100 * MIB, ageMaxMs: 60_000 },
  })
  await store.put(described('before'), new Uint8Array(MIB))
  await assert.rejects(store.put(described('after'), new Uint8Array(3 * MIB)), {
    status: 507,
    code: 'artifacts_unavailable',
    message: /ENOSPC/,
  })
  assert.deepEqual(readdirSync(dir).sort(), ['before', 'before.manifest.json'])
  await store.put(described('after'), new Uint8Array(1000))
  assert.deepEqual((await store.list()).map(({ name }) => name).sort(), ['after', 'before'])
})

test('a heap snapshot that does not fit is refused before it stalls anything; one that runs out of room leaves nothing', async (t) => {
  const dir = smallDisk(t, 64)
  if (dir === null) return
  const script = join(import.meta.dirname, 'snapshot-app.ts')
  const env = { ...process.env, ARTIFACTS_DIR: dir }
  const app = await startScript(t, [script, 'small', '2', 'filling'], env)
  const snapshot = async (query = '') => {
    const response = await fetch(`${app.url}/debug/heapsnapshot${query}`, { method: 'POST' })
    const body = await response.text()
    return { status: response.status, code: response.status === 200 ? '' : JSON.parse(body).code }
  }
  const answers = async () => (await fetch(app.appUrl)).ok

  // There is room when it is admitted, and none while it is written; then for the snapshot, and none for its compression.
  for (const kb of [0, 512, 2048]) {
    await fetch(`${app.appUrl}/leave?kb=${kb}`)
    for (const query of ['', '?keep=1'])
      assert.deepEqual(await snapshot(query), { status: 507, code: 'disk_full' }, `${kb} KiB ${query}`)
    assert.deepEqual(readdirSync(dir), [])
    assert.ok(await answers())
  }
  await fetch(`${app.appUrl}/leave?kb=${60 * 1024}`)
  assert.deepEqual(await snapshot(), { status: 200, code: '' })
  await until(() => readdirSync(dir).length === 0)
  assert.deepEqual(await snapshot('?keep=1'), { status: 200, code: '' })
  assert.equal(readdirSync(dir).length, 2)

  fill(dir)
  assert.deepEqual(await snapshot(), { status: 507, code: 'disk_full' })
  assert.equal(readdirSync(dir).length, 3)
  assert.ok(await answers())
})

test('a rule that fires on a full disk says that nothing was kept and why, and the service goes on', async (t) => {
  const artifactsDir = smallDisk(t, 1)
  if (artifactsDir === null) return
  fill(artifactsDir)
  const rule = {
    name: 'depth',
    metric: 'app_depth',
    above: 5,
    forSeconds: 0,
    coolDownSeconds: 60,
    maxPerHour: 5,
  }
  const app = await startRecording(t, { continuous: true, artifactsDir, rules: [rule] })
  const last = async () => {
    const { json } = await ask(app.diagnosticsPort, '/debug/rules')
    return (json.rules as { last: { artifact: string | null; verdict: string } | null }[])[0]?.last
  }
  await until(async () => (await last()) !== null)
  const { artifact, verdict } = (await last()) ?? {}
  assert.equal(artifact, null)
  assert.match(verdict ?? '', /^nothing was kept: .*ENOSPC/)
  assert.ok(app.lines.some(({ log }) => log === 'diagnostics rule fired, nothing was kept'))
  assert.deepEqual(readdirSync(artifactsDir), ['filler'])
  assert.ok((await fetch(app.appUrl)).ok)
  assert.equal((await ask(app.diagnosticsPort, '/debug/artifacts')).status, 200)
})
