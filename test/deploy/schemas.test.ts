/** The manifests against Kubernetes's own schemas, as types and validators: no cluster is asked. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Manifest, manifests } from './manifests.ts'

const root = resolve(import.meta.dirname, '../..')

test('every manifest is what its schema says: what must be there is, and of the right form', async () => {
  for (const manifest of manifests) {
    const models = (await import(`kubernetes-models/${manifest.apiVersion}`)) as Record<string, Model>
    const Kind = models[manifest.kind]
    assert.ok(Kind, `${manifest.apiVersion} has no ${manifest.kind}`)
    assert.doesNotThrow(() => new Kind(manifest).validate(), `${manifest.kind} ${manifest.metadata.name}`)
  }
})

test('no manifest has a field that its schema does not know', (t) => {
  assert.equal(problemsOf(t, manifests), '')
})

test('a misspelled field would be found', (t) => {
  const [deployment] = manifests.filter(({ kind }) => kind === 'Deployment')
  assert.ok(deployment)
  const text = JSON.stringify(deployment)
  const misspelled = JSON.parse(text.replace('"readOnlyRootFilesystem"', '"readOnlyRootFileSystem"'))
  assert.match(problemsOf(t, [misspelled]), /readOnlyRootFileSystem/)
})

interface Model {
  new (data: unknown): { validate(): void }
}

/** Validators let unknown fields pass; the compiler does not, in a literal of the interface. @returns what it says */
function problemsOf(t: TestContext, checked: readonly Manifest[]): string {
  const dir = mkdtempSync(join(tmpdir(), 'floodgate-manifests-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'))
  const lines = checked.map(
    (manifest, i) =>
      `import type { I${manifest.kind} as M${i} } from 'kubernetes-models/${manifest.apiVersion}'
export const m${i}: M${i} = ${JSON.stringify(manifest, null, 1)}\n`,
  )
  writeFileSync(join(dir, 'manifests.ts'), lines.join(''))
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}')
  const flags = '--ignoreConfig --noEmit --strict --skipLibCheck --module nodenext --target es2024'.split(' ')
  const tsc = join(root, 'node_modules/.bin/tsc')
  const { stdout, stderr, error } = spawnSync(tsc, [...flags, 'manifests.ts'], { cwd: dir, encoding: 'utf8' })
  if (error) throw error
  return stdout + stderr
}
