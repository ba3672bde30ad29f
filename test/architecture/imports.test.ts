import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'

const src = resolve(import.meta.dirname, '../../src')

interface Import {
  file: string
  fromRoom: string
  /** A room of src/, or null for a package. */
  toRoom: string | null
  /** The file within src/, or the package. */
  to: string
  typesOnly: boolean
}

/** The first folder of a file within src/, or the file's own name without its ending. */
function roomOf(file: string): string {
  const [first = ''] = file.split('/')
  return first.replace(/\.m?ts$/, '')
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(src, file), 'utf8')
  const pattern =
    /^\s*(?:import|export)\s+(type\s+)?[^'"]*?from\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gms
  return [...text.matchAll(pattern)].map(([, type, from, dynamic]) => {
    const to = from ?? dynamic ?? ''
    const inside = to.startsWith('.') ? relative(src, resolve(src, dirname(file), to)) : null
    return {
      file,
      fromRoom: roomOf(file),
      toRoom: inside === null ? null : roomOf(inside),
      to: inside ?? to,
      typesOnly: type !== undefined,
    }
  })
}

const files = globSync('**/*.ts', { cwd: src })
const imports = files.flatMap(importsOf)
const domain = ['booking', 'queue', 'catalogue', 'payments', 'notifications', 'pipeline']
const adapters = ['redis', 'postgres', 'kafka']

/** What each room may import of the others. A room that is not named here may import nothing of src/. */
const mayImport: Record<string, readonly string[]> = {
  main: ['commands'],
  commands: ['*'],
  compose: ['*'],
  roles: [],
  lifecycle: ['workers'],
  http: ['booking', 'queue', 'catalogue', 'payments', 'pipeline'],
  workers: ['booking', 'queue', 'catalogue', 'payments', 'pipeline'],
  redis: domain,
  postgres: domain,
  kafka: domain,
  booking: ['catalogue', 'payments', 'pipeline'],
  queue: ['catalogue', 'pipeline'],
  payments: ['catalogue', 'pipeline'],
  catalogue: ['pipeline'],
  notifications: ['pipeline'],
  pipeline: [],
  config: [],
  telemetry: [],
  diagnostics: [],
  devstack: [],
  supervisor: [],
}

function list(offending: Import[]): string[] {
  return offending.map(({ file, to }) => `${file} imports ${to}`)
}

test('the test sees the imports of this project', () => {
  assert.ok(imports.length > 200)
  assert.ok(imports.some(({ file, to }) => file === 'main.ts' && to === 'commands/run.ts'))
})

test('rooms import only the rooms below them', () => {
  const offending = imports.filter(({ fromRoom, toRoom, to, typesOnly }) => {
    if (toRoom === null || toRoom === fromRoom) return false
    const allowed = mayImport[fromRoom]
    if (!allowed) return true
    if (allowed.includes('*') || allowed.includes(toRoom)) return false
    // The pipeline's entries are holds, and its events bookings: their types, and nothing that runs.
    if (fromRoom === 'pipeline' && typesOnly && /(model|ports)\.ts$/.test(to)) return false
    return true
  })
  assert.deepEqual(list(offending), [])
})

test('every room is one that the rules know', () => {
  const unknown = [...new Set(files.map(roomOf))].filter((room) => !(room in mayImport))
  assert.deepEqual(unknown, [])
})

test('the domain imports no driver, no server and no telemetry', () => {
  const allowed = /^(node:(async_hooks|crypto|util)|lru-cache)$/
  const offending = imports.filter(
    ({ fromRoom, toRoom, to }) => domain.includes(fromRoom) && toRoom === null && !allowed.test(to),
  )
  assert.deepEqual(list(offending), [])
})

test('OpenTelemetry and prom-client are imported by telemetry and compose alone', () => {
  const offending = imports.filter(
    ({ fromRoom, to }) =>
      /^(@opentelemetry\/|prom-client)/.test(to) && !['telemetry', 'compose'].includes(fromRoom),
  )
  assert.deepEqual(list(offending), [])
})

test('a driver is imported by its own adapter, and by the stack that starts its server', () => {
  const homes: Record<string, readonly string[]> = {
    ioredis: ['redis'],
    pg: ['postgres', 'devstack', 'telemetry'],
    'node-pg-migrate': ['postgres'],
    kafkajs: ['kafka', 'devstack'],
    fastify: ['http', 'compose'],
  }
  const offending = imports.filter(({ fromRoom, to }) => homes[to] && !homes[to].includes(fromRoom))
  assert.deepEqual(list(offending), [])
})

test('adapters take types, ports and plain rules from the domain, never use cases', () => {
  const useCase = /^booking\/(reserve|confirm|cancel|refund|expire|give-back|own-bookings)\.ts$/
  const offending = imports.filter(
    ({ fromRoom, to, typesOnly }) => adapters.includes(fromRoom) && useCase.test(to) && !typesOnly,
  )
  assert.deepEqual(list(offending), [])
})

test('only main reads the environment, and the entry that mounts diagnostics where no source is touched', () => {
  const readers = ['main.ts', 'devstack/bootstrap.mjs', 'diagnostics/register.ts']
  const offending = globSync('**/*.{ts,mjs}', { cwd: src }).filter((file) => {
    if (readers.includes(file)) return false
    const code = readFileSync(join(src, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    return /process\.env\b|\benv\b.*from 'node:process'/.test(code)
  })
  assert.deepEqual(offending, [])
})

test('files stay small', () => {
  const LINES = 260
  const long = files.filter((file) => readFileSync(join(src, file), 'utf8').split('\n').length > LINES)
  assert.deepEqual(long, [])
})
