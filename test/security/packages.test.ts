import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Component,
  licenceProblems,
  lockProblems,
  makeSbom,
  readLock,
  scriptProblems,
} from './packages.ts'

const { packages, allowScripts } = readLock()

test('every package of production is in the SBOM, with its hash and an allowed licence', () => {
  const { bomFormat, metadata, components, dependencies } = makeSbom()
  assert.equal(bomFormat, 'CycloneDX')
  assert.equal(metadata.component.name, 'floodgate')
  // Counted anew: whatever somebody who uses production's packages may load.
  const refs = components.map((component) => component['bom-ref'])
  assert.deepEqual([...refs].sort(), [...new Set(reachable())].sort())
  assert.ok(refs.length > 100)
  for (const { name, hashes } of components) assert.equal(hashes?.[0]?.alg, 'SHA-512', name)
  assert.equal(dependencies.length, components.length + 1)
  assert.deepEqual(licenceProblems(components), [])
})

test('a licence that nobody has looked at is a problem, and so is none', () => {
  const plain = { 'bom-ref': 'x@1.0.0', name: 'x', version: '1.0.0' }
  const under = (...ids: string[]): Component => ({
    ...plain,
    licenses: ids.map((id) => ({ license: { id } })),
  })
  const expression = (text: string): Component => ({ ...under(), licenses: [{ expression: text }] })
  assert.deepEqual(licenceProblems([under('GPL-3.0-only')]), ['x@1.0.0 is under GPL-3.0-only'])
  assert.deepEqual(licenceProblems([under()]), ['x@1.0.0 names no licence'])
  assert.deepEqual(licenceProblems([plain]), ['x@1.0.0 names no licence'])
  assert.equal(licenceProblems([under('MIT', 'SSPL-1.0'), expression('MIT AND GPL-2.0')]).length, 2)
  assert.equal(licenceProblems([expression('UNLICENSED'), expression('MIT OR (GPL-2.0 AND X)')]).length, 2)
  assert.deepEqual(licenceProblems([under('MIT'), expression('(MIT OR GPL-2.0-only)')]), [])
})

test('every package, of development too, is tied to its bytes, and none runs a script that nobody decided about', () => {
  assert.deepEqual(lockProblems(packages), [])
  assert.deepEqual(scriptProblems(packages, allowScripts), [])
  assert.equal(lockProblems({ 'node_modules/x': { version: '1.0.0' } }).length, 1)
  assert.equal(
    lockProblems({ 'node_modules/x': { resolved: 'git+ssh://x', integrity: 'sha512-x' } }).length,
    1,
  )
  assert.equal(scriptProblems({ 'node_modules/a/node_modules/x': { hasInstallScript: true } }, {}).length, 1)
})

/** From the project's own dependencies along the lockfile, as Node finds packages: in its own folder, then in those above. */
function reachable(): string[] {
  const found = new Set<string>()
  const waiting: [from: string, names: Record<string, string>][] = [['', packages['']?.dependencies ?? {}]]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [from, names] = next
    for (const name of Object.keys(names)) {
      const path = nearest(from, name)
      if (path === null || found.has(path)) continue
      found.add(path)
      const { dependencies, optionalDependencies, peerDependencies } = packages[path] ?? {}
      waiting.push([path, { ...dependencies, ...optionalDependencies, ...peerDependencies }])
    }
  }
  return [...found].map(
    (path) => `${path.slice(path.lastIndexOf('node_modules/') + 13)}@${packages[path]?.version}`,
  )
}

function nearest(from: string, name: string): string | null {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`
    if (packages[path]) return path
    if (folder === '') return null
  }
}
