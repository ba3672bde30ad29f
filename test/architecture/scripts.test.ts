import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { test } from 'node:test'
import { readScripts } from '../../src/redis/scripts.ts'

const directory = resolve(import.meta.dirname, '../../lua')
const scripts = readScripts()

/** The words of a section of a script's header, up to the next section or an empty line; explanations follow three spaces. */
function section(source: string, name: 'KEYS' | 'ARGV'): string[] {
  const match = new RegExp(`^  ${name} +((?:.*\\n)(?: {9}[^ ].*\\n)*)`, 'm').exec(source)
  const lines = (match?.[1] ?? '').split('\n').map((line) => line.trim().replace(/ {3,}\S.*$/, ''))
  return lines.join(' ').trim().split(/\s+/).filter(Boolean)
}

test('every script has a manifest entry and every entry a script', () => {
  const files = globSync('*.lua', { cwd: directory }).map((file) => basename(file, '.lua'))
  assert.deepEqual(files.sort(), Object.keys(scripts).sort())
})

for (const [name, script] of Object.entries(scripts)) {
  test(`the header of ${name}.lua names the keys and arguments of its manifest entry`, () => {
    const source = readFileSync(resolve(directory, `${name}.lua`), 'utf8')
    assert.deepEqual(section(source, 'KEYS'), script.keys)
    // What repeats, in braces, comes after the named arguments.
    const named = section(source.replace(/ \{[^}]*\} …/, ''), 'ARGV')
    assert.deepEqual(named, script.argv)
    assert.match(source, /^ {2}Reply /m)
  })

  test(`${name}.lua is refused as a whole when memory is short, or says that it runs all the same`, () => {
    assert.match(script.source, /^#!lua( flags=allow-oom)?\n/)
  })
}

test('time is read in one place', () => {
  const reading = globSync('**/*.lua', { cwd: directory }).filter((file) =>
    /'TIME'/.test(readFileSync(resolve(directory, file), 'utf8')),
  )
  assert.deepEqual(reading, ['lib/now.lua'])
})

test('includes are put in', () => {
  for (const { source } of Object.values(scripts)) assert.doesNotMatch(source, /@include/)
  assert.match(scripts.reserve.source, /'TIME'/)
})
