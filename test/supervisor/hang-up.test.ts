import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { identify, isSameProcess } from '../../src/devstack/identity.ts'
import { openFolder, until } from './scene.ts'

const script = resolve(import.meta.dirname, 'hang-up.ts')
// util-linux's, which gives its command a terminal.
const skip = spawnSync('script', ['--version']).error ? 'there is no script(1)' : false

test('SIGHUP exchanges the processes; when it comes because the terminal was closed, it stops the service', {
  skip,
}, async (t) => {
  const file = join(openFolder(t), 'asked')
  const lines = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [])
  const args = ['-qfec', `'${process.execPath}' '${script}' '${file}'`, '/dev/null']
  const terminal = spawn('script', args, { stdio: ['pipe', 'ignore', 'ignore'] })
  t.after(() => void terminal.kill('SIGKILL'))
  await until('it waits', () => lines().length > 1)
  const pid = Number(lines()[0]?.split(' ')[1])
  const waiting = identify(pid, script)
  t.after(() => void (waiting && isSameProcess(waiting) && process.kill(pid, 'SIGKILL')))

  process.kill(pid, 'SIGHUP')
  await until('it is an exchange', () => lines()[1] === 'exchange')
  terminal.kill('SIGKILL')
  await until('it is a stop', () => lines()[2] === 'stop by SIGHUP')
})
