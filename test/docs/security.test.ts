import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'

const root = resolve(import.meta.dirname, '../..')
const page = readFileSync(resolve(root, 'docs/security.md'), 'utf8')

test('every file that the threat model names as a proof exists, and every test of security is named', () => {
  const named = [...page.matchAll(/`((?:test|src)\/[\w./-]+)`/g)].map(([, path = '']) => path)
  assert.ok(named.length > 20)
  assert.deepEqual(
    named.filter((path) => !existsSync(resolve(root, path))),
    [],
  )
  const tests = globSync('test/security/**/*.test.ts', { cwd: root })
  assert.deepEqual(
    tests.filter((path) => !named.includes(path)),
    [],
  )
})
