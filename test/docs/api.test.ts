import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { statusOfCode } from '../../src/http/errors.ts'

const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8')

test('the table of error codes of docs/api.md has every code of the service with its status, in order, and no other', () => {
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (\d{3}) \| \S/gm)].map(([, code, status]) => [
    code,
    Number(status),
  ])
  assert.deepEqual(rows, Object.entries(statusOfCode))
})
