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
  const listed = new Set(components.map(({ name, version }) => `${name}@${version}`))
  const locked = Object.entries(packages).filter(
    ([path, { dev, optional, devOptional, peer }]) =>
      path !== '' && !dev && !optional && !devOptional && !peer,
  )
  assert.ok(locked.length > 50)
  for (const [path, { version }] of locked) {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    assert.ok(listed.has(`${name}@${version}`), `${name}@${version}`)
  }
  for (const { name, hashes } of components) assert.equal(hashes?.[0]?.alg, 'SHA-512', name)
  assert.equal(dependencies.length, components.length + 1)
  assert.deepEqual(licenceProblems(components), [])
})

test('a licence that nobody has looked at is a problem, and so is none', () => {
  const under = (...ids: string[]): Component => ({
    ...{ name: 'x', version: '1.0.0' },
    licenses: ids.map((id) => ({ license: { id } })),
  })
  const expression = (text: string): Component => ({ ...under(), licenses: [{ expression: text }] })
  assert.deepEqual(licenceProblems([under('GPL-3.0-only')]), ['x@1.0.0 is under GPL-3.0-only'])
  assert.deepEqual(licenceProblems([under()]), ['x@1.0.0 names no licence'])
  assert.deepEqual(licenceProblems([{ name: 'x', version: '1.0.0' }]), ['x@1.0.0 names no licence'])
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
