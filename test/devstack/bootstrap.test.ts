import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'

const bootstrap = resolve(import.meta.dirname, '../../src/devstack/bootstrap.mjs')

test('a bootstrap says and does nothing when all is current', async (t) => {
  const project = makeProject(t)
  project.install()
  assert.deepEqual(await project.run(), { code: 0, output: '' })
  assert.deepEqual(await project.run(), { code: 0, output: '' })
  assert.deepEqual(project.npmCalls(), [])
})

test('dependencies are installed when they are missing, and again when the lockfile changed', async (t) => {
  const project = makeProject(t)
  assert.equal((await project.run()).code, 0)
  assert.equal((await project.run()).output, '')
  assert.equal(project.npmCalls().length, 1)
  project.lock('2.0.0')
  const again = await project.run()
  assert.equal(again.code, 0)
  assert.match(again.output, /installing dependencies/)
  assert.equal(project.npmCalls().length, 2)
  assert.match(project.npmCalls()[1] ?? '', /^ci --include=dev/)
})

test('an npm that fails ends the bootstrap with its exit code and a line that says so', async (t) => {
  const project = makeProject(t)
  const failed = await project.run({ FAKE_NPM_CODE: '7' })
  assert.equal(failed.code, 7)
  assert.match(failed.output, /npm ci failed \(exit code 7\)/)
})

test('where install scripts are off, the Node binary is fetched by the bootstrap itself', async (t) => {
  const project = makeProject(t)
  const done = await project.run({ FAKE_NPM_IGNORES_SCRIPTS: '1' })
  assert.equal(done.code, 0, done.output)
  assert.match(project.npmCalls()[1] ?? '', /^install --no-save .*node-\w+-\w+@24\.0\.0/)
  assert.ok(existsSync(join(project.root, 'node_modules/.bin/node')))
})

test('two bootstraps at once install once', async (t) => {
  const project = makeProject(t)
  const both = await Promise.all([project.run(), project.run()])
  assert.deepEqual(
    both.map((one) => one.code),
    [0, 0],
  )
  assert.equal(project.npmCalls().length, 1)
})

interface Project {
  root: string
  lock(version: string): void
  install(): void
  run(env?: Record<string, string>): Promise<{ code: number | null; output: string }>
  npmCalls(): string[]
}

/** A project with one dependency and an npm that only writes down how it was called and what npm would leave. */
function makeProject(t: TestContext): Project {
  const root = mkdtempSync(join(tmpdir(), 'floodgate-bootstrap-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  mkdirSync(join(root, 'bin'))
  const callsPath = join(root, 'calls')
  writeFileSync(callsPath, '')
  writeFileSync(join(root, 'bin/npm'), `#!${process.execPath}\n${fakeNpm}`, { mode: 0o755 })
  const lock = (version: string): void => {
    const packages = { '': {}, 'node_modules/a': { version }, 'node_modules/node': { version: '24.0.0' } }
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }))
  }
  lock('1.0.0')
  return {
    root,
    lock,
    install: () => {
      for (const name of ['a', 'node']) {
        mkdirSync(join(root, 'node_modules', name), { recursive: true })
        writeFileSync(join(root, 'node_modules', name, 'package.json'), '{}')
      }
      mkdirSync(join(root, 'node_modules/.bin'))
      symlinkSync(process.execPath, join(root, 'node_modules/.bin/node'))
      writeFileSync(
        join(root, 'node_modules/.package-lock.json'),
        readFileSync(join(root, 'package-lock.json')),
      )
    },
    run: (env = {}) =>
      new Promise((done) => {
        const path = `${join(root, 'bin')}:${process.env.PATH}`
        const child = spawn(process.execPath, [bootstrap], {
          cwd: root,
          env: { ...process.env, npm_execpath: '', PATH: path, FAKE_NPM_CALLS: callsPath, ...env },
        })
        let output = ''
        child.stdout.on('data', (chunk) => (output += chunk))
        child.stderr.on('data', (chunk) => (output += chunk))
        child.once('close', (code) => done({ code, output }))
      }),
    npmCalls: () =>
      readFileSync(callsPath, 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
  }
}

const fakeNpm = `
const fs = require('node:fs')
const args = process.argv.slice(2)
fs.appendFileSync(process.env.FAKE_NPM_CALLS, args.join(' ') + '\\n')
const code = Number(process.env.FAKE_NPM_CODE ?? 0)
if (code !== 0) process.exit(code)
const linkNode = (path) => { fs.mkdirSync(require('node:path').dirname(path), { recursive: true }); fs.copyFileSync(process.execPath, path) }
if (args[0] === 'ci') {
  fs.rmSync('node_modules', { recursive: true, force: true })
  for (const name of ['a', 'node']) {
    fs.mkdirSync('node_modules/' + name, { recursive: true })
    fs.writeFileSync('node_modules/' + name + '/package.json', '{}')
  }
  fs.copyFileSync('package-lock.json', 'node_modules/.package-lock.json')
  if (!process.env.FAKE_NPM_IGNORES_SCRIPTS) {
    fs.mkdirSync('node_modules/.bin')
    fs.symlinkSync(process.execPath, 'node_modules/.bin/node')
  }
} else {
  const name = args.at(-1).split('@')[0]
  linkNode('node_modules/' + name + '/bin/node')
}
`
