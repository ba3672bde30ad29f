/**
 * `npm test [-- FILE …]`: format and lint, types, then the tests on real servers, without those that kill and freeze servers under
 * load (`npm run test:faults`), those of the diagnostics library and of what whole services show (`npm run test:diagnostics`), those that
 * put whole services under load (`npm run test:loadtest`), those that attack one (`npm run test:security`), the one that carries out the
 * Dockerfile (`npm run test:deploy`), those that run the documentation's commands (`npm run test:docs`), and those on servers with TLS,
 * passwords and a Redis Cluster (`npm run test:connections`). Files given are run alone, without the first two. Exits non-zero when anything
 * failed; the test runner's counts close the output.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import { styleText } from 'node:util'

const root = resolve(import.meta.dirname, '..')
const bin = (name: string) => resolve(root, 'node_modules/.bin', name)
/** Test files beside each other. The machine has as many cores, and every file has servers of its own. */
const CONCURRENCY = 2
const TEST_TIMEOUT_MS = 180_000

function step(name: string, command: string, args: string[]): boolean {
  const startedMs = performance.now()
  process.stdout.write(`${styleText('bold', name)}\n`)
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
  process.stdout.write(`${name}: ${status === 0 ? 'passed' : styleText('red', 'failed')} in ${seconds} s\n`)
  return status === 0
}

const given = process.argv.slice(2)
const files =
  given.length > 0
    ? given
    : globSync('test/!(faults|diagnostics|supervisor)/**/*.test.ts', { cwd: root })
        .filter((file) => !file.includes('/whole/'))
        .concat(globSync('test/*.test.ts', { cwd: root }))
        .sort()
const checks =
  given.length > 0 ||
  [
    step('format and lint', bin('biome'), ['check', '--error-on-warnings', '.']),
    step('types', bin('tsc'), ['--noEmit']),
    step('types of the k6 scenarios', bin('tsc'), ['-p', 'loadtest/k6']),
  ].every(Boolean)
const tests = step('tests', process.execPath, [
  '--test',
  `--test-concurrency=${CONCURRENCY}`,
  `--test-timeout=${TEST_TIMEOUT_MS}`,
  '--test-global-setup=test/support/global-setup.ts',
  ...files,
])
process.exitCode = checks && tests ? 0 : 1
