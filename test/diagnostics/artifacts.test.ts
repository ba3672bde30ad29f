import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeArtifacts } from '../../src/diagnostics/artifacts/store.ts'
import { limits } from '../../src/diagnostics/limits.ts'
import { ask } from './ask.ts'
import { temporaryDir } from './programs.ts'
import { startRecording } from './recording.ts'
import { startScript, until } from './running-app.ts'

const bounds = { countMax: 3, bytesMax: 1000, ageMaxMs: 60_000 }
const described = (name: string) => ({ name, kind: 'flight', trigger: 'test' })
const sized = (bytes: number) => new Uint8Array(bytes).fill(7)

test('artifacts are listed, fetched with their checksum and deleted over HTTP', async (t) => {
  const dir = temporaryDir(t)
  const store = makeArtifacts({ dir, bounds })
  await store.put({ ...described('one.tar.gz'), verdict: 'It was busy.' }, sized(500))
  const { diagnosticsPort: port } = await startRecording(t, { artifactsDir: dir })

  const { json } = await ask(port, '/debug/artifacts')
  const [manifest] = json.artifacts as Record<string, unknown>[]
  const sha256 = createHash('sha256').update(sized(500)).digest('hex')
  assert.deepEqual(manifest, { ...manifest, name: 'one.tar.gz', bytes: 500, sha256, verdict: 'It was busy.' })

  const fetched = await fetch(`http://127.0.0.1:${port}/debug/artifacts/one.tar.gz`)
  assert.equal(fetched.headers.get('x-artifact-sha256'), sha256)
  assert.deepEqual(new Uint8Array(await fetched.arrayBuffer()), sized(500))

  const path = '/debug/artifacts/one.tar.gz'
  assert.equal((await ask(port, path, { method: 'DELETE' })).status, 200)
  assert.equal((await ask(port, path)).json.code, 'no_artifact')
  assert.equal((await ask(port, path, { method: 'DELETE' })).status, 404)
  assert.deepEqual(readdirSync(dir), [])
})

test('a name that could leave the directory, or mean a file of the store, is refused', async (t) => {
  const dir = temporaryDir(t)
  writeFileSync(join(dir, 'state.json'), '{}')
  const { diagnosticsPort: port } = await startRecording(t, { artifactsDir: dir })
  for (const name of [
    '..%2fsecret',
    '..%2f..%2fetc',
    '.hidden',
    'state.json',
    'a.manifest.json',
    'a%00',
    'a%20b',
    '',
  ])
    assert.equal((await ask(port, `/debug/artifacts/${name}`)).json.code, 'bad_name', name)
  // As an address it leads out of the route before anything looks at a file.
  for (const path of [
    '/debug/artifacts/../../etc/passwd',
    '/debug/artifacts/%2e%2e/%2e%2e/etc/passwd',
    '//etc/passwd',
  ])
    assert.ok([400, 404].includes((await ask(port, path)).status), path)
})

test('memory needs the scope heap, and so does deleting', async (t) => {
  const dir = temporaryDir(t)
  await makeArtifacts({ dir, bounds }).put({ ...described('a.heapsnapshot'), scope: 'heap' }, sized(1))
  const token = { profile: 'a-token-for-profiles', heap: 'a-token-for-the-heap' }
  const { diagnosticsPort: port } = await startRecording(t, { artifactsDir: dir, token })
  const path = '/debug/artifacts/a.heapsnapshot'
  const by = (text: string) => ({ headers: { authorization: `Bearer ${text}` } })
  assert.equal((await ask(port, '/debug/artifacts', by(token.profile))).status, 200)
  assert.equal((await ask(port, path, by(token.profile))).status, 403)
  assert.equal((await ask(port, path, { ...by(token.profile), method: 'DELETE' })).status, 403)
  assert.equal((await ask(port, path, by(token.heap))).status, 200)
})

test('without a directory it says so', async (t) => {
  const { diagnosticsPort: port } = await startRecording(t, {})
  const { status, json } = await ask(port, '/debug/artifacts')
  assert.deepEqual([status, json.code], [404, 'no_artifacts_dir'])
})

test('the oldest goes first: by count, by bytes and by age', async (t) => {
  let nowMs = Date.now()
  const store = makeArtifacts({ dir: temporaryDir(t), bounds, now: () => nowMs++ })
  const names = async () => (await store.list()).map(({ name }) => name)
  for (const name of ['a', 'b', 'c', 'd']) await store.put(described(name), sized(10))
  assert.deepEqual(await names(), ['d', 'c', 'b'])
  await store.put(described('e'), sized(985))
  assert.deepEqual(await names(), ['e', 'd'])
  nowMs += 60_001
  await store.tidy()
  assert.deepEqual(await names(), [])
  assert.throws(() => store.put(described('f'), sized(1001)), { code: 'artifact_too_large' })
})

test('many at a time keep the bounds, and an equal name replaces', async (t) => {
  const dir = temporaryDir(t)
  const store = makeArtifacts({ dir, bounds })
  await Promise.all(Array.from({ length: 20 }, (_, index) => store.put(described(`x${index}`), sized(300))))
  assert.equal((await store.list()).length, 3)
  const [newest] = await store.list()
  await store.put(described(newest?.name ?? ''), sized(5))
  assert.equal((await store.list()).length, 3)
  assert.equal(readdirSync(dir).length, 6)
})

test('a full disk and a directory that is none are 507, and nothing half written stays', async (t) => {
  const dir = temporaryDir(t)
  const full = makeArtifacts({
    dir,
    bounds,
    async write(path, content) {
      await writeFile(path, content.slice(0, content.length / 2))
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
    },
  })
  await assert.rejects(full.put(described('a'), sized(10)), { status: 507, code: 'artifacts_unavailable' })
  assert.deepEqual(readdirSync(dir), [])

  let writes = 0
  const later = makeArtifacts({
    dir,
    bounds,
    async write(path, content) {
      if (++writes === 2) throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
      await writeFile(path, content)
    },
  })
  await assert.rejects(later.put(described('a'), sized(10)), { code: 'artifacts_unavailable' })
  assert.deepEqual(readdirSync(dir), [])
  await later.put(described('b'), sized(10))

  writeFileSync(join(dir, 'file'), '')
  const nowhere = makeArtifacts({ dir: join(dir, 'file', 'below'), bounds })
  await assert.rejects(nowhere.put(described('a'), sized(10)), { status: 507, code: 'artifacts_unavailable' })
  const { diagnosticsPort: port } = await startRecording(t, { artifactsDir: join(dir, 'file') })
  assert.equal((await ask(port, '/debug/artifacts')).status, 507)
})

test('what a killed process left half written is gone after the next start; what is not the store’s stays', async (t) => {
  const dir = temporaryDir(t)
  // No process has this number.
  writeFileSync(join(dir, '.artifact-4194304999-ab12.part'), 'half')
  writeFileSync(join(dir, `.artifact-${process.ppid}-ab12.part`), 'in the middle of its work')
  writeFileSync(join(dir, 'lost.manifest.json'), '{}')
  writeFileSync(join(dir, 'somebody-elses'), '')
  const store = makeArtifacts({ dir, bounds })
  await store.put(described('whole'), sized(3))
  await startRecording(t, { artifactsDir: dir })
  await until(() => !readdirSync(dir).includes('lost.manifest.json'))
  assert.deepEqual(readdirSync(dir).sort(), [
    `.artifact-${process.ppid}-ab12.part`,
    'somebody-elses',
    'whole',
    'whole.manifest.json',
  ])
  assert.equal(statSync(join(dir, 'whole')).mode & 0o077, 0)
})

test('a heap snapshot that a killed process left in the system’s folder is removed; one that is being written stays', async (t) => {
  const dir = temporaryDir(t)
  const env = { ...process.env, TMPDIR: dir }
  const [left, left2, written, theirs] = [
    '.heapsnapshot-4194304999-0123456789abcdef.part',
    '.heapsnapshot-4194304999-0123456789abcdef00.part',
    `.heapsnapshot-${process.ppid}-0123456789abcdef.part`,
    '.heapsnapshot-4194304999.part',
  ] as const
  const old = `.heapsnapshot-${process.ppid}-fedcba9876543210.part`
  for (const name of [left, left2, written, theirs, old]) writeFileSync(join(dir, name), 'memory')
  const longAgo = new Date(Date.now() - limits.snapshotLeftMs - 60_000)
  utimesSync(join(dir, old), longAgo, longAgo)
  await startScript(t, [join(import.meta.dirname, 'bare-app.ts'), 'single'], env)
  await until(() => !readdirSync(dir).some((name) => [left, left2, old].includes(name as typeof left)))
  for (const name of [written, theirs]) assert.ok(readdirSync(dir).includes(name), name)
})
