/** No command of the documentation is there that nobody runs. docs/whole has the runs themselves. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { alternatives, commandsIn, commandsOfPages, root } from './commands.ts'
import { argumentsOf, entryOf, ways } from './ways.ts'

const commands = commandsOfPages()
const { scripts } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
}

test('every command of every page has a way in which it is run (test/docs/ways.ts)', () => {
  assert.ok(commands.length > 100)
  const without = commands.filter(({ text }) => entryOf(text) === undefined)
  assert.deepEqual(
    without.map(({ page, line, text }) => `${page}:${line} ${text}`),
    [],
  )
})

test('no way is left over from a command that is gone', () => {
  const used = new Set(commands.map(({ text }) => entryOf(text)))
  assert.deepEqual(
    ways.filter((entry) => !used.has(entry)).map(({ of }) => String(of)),
    [],
  )
})

test('every npm script that a page names exists', () => {
  for (const { page, line, text } of commands) {
    const name = /\bnpm (?:run )?(?:-s )?([\w:]+)/.exec(text)?.[1]
    if (name !== undefined && name !== 'ci') assert.ok(scripts[name], `${page}:${line} ${text}`)
  }
})

test('names and options of long commands are what their own parsers take', () => {
  for (const { page, line, text } of commands) {
    const way = entryOf(text)?.way
    if (way?.kind === 'parsed') assert.ok(way.parse(argumentsOf(text)), `${page}:${line} ${text}`)
  }
})

test('a test or a step that is named for a command is there', () => {
  const steps = readFileSync(resolve(root, '.ci/run'), 'utf8')
  for (const { of, way } of ways) {
    if (way.kind === 'test') assert.ok(existsSync(resolve(root, way.file)), `${of}: ${way.file}`)
    if (way.kind === 'ci') assert.ok(steps.includes(way.step), `${of}: ${way.step}`)
  }
})

test('commands are found in blocks with and without prompts, over several lines, and in code within text', () => {
  const page = [
    'Run `npm run audit`, or `npm run stack -- up\\|down`; `REDIS_URL` is a name, `src/http` a folder, `curl -s` an option.',
    '```',
    '$ curl -s \\',
    '    $D/health   what it says',
    '{"status":"alive"}',
    '```',
    '```sh',
    'mkdir -p x  # a folder',
    'rm -r x',
    '```',
    '```',
    'sum by (status) (rate(x[5m]))',
    '```',
    '```',
    'REDIS_URL=redis://r:6379',
    'KAFKA_TLS=true',
    '```',
    '```ts',
    "import { curl } from 'npm'",
    '```',
  ].join('\n')
  assert.deepEqual(
    commandsIn('p.md', page).map(({ line, text }) => `${line} ${text}`),
    [
      '1 npm run audit',
      '1 npm run stack -- up',
      '1 npm run stack -- down',
      '3 curl -s $D/health',
      '8 mkdir -p x',
      '9 rm -r x',
    ],
  )
  assert.deepEqual(alternatives('npm start [-- api\\|worker]'), [
    'npm start',
    'npm start -- api',
    'npm start -- worker',
  ])
})
