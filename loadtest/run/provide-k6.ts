/** k6: the one on PATH, or one that is built once into .tools/bin. */
import { execFile } from 'node:child_process'
import { accessSync, constants, mkdirSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { withProgress } from '../../src/devstack/progress.ts'
import { runTool } from '../../src/devstack/run-tool.ts'

const run = promisify(execFile)
const MODULE = 'go.k6.io/k6/v2'
const VERSION = 'v2.2.0'
const BUILD_TIMEOUT_MS = 15 * 60_000

export type K6 = { kind: 'found'; path: string } | { kind: 'missing'; why: string }

export interface K6Options {
  toolsDir: string
  logPath: string
  env: NodeJS.ProcessEnv
  report: (line: string) => void
}

/** The first k6 of version 2 in .tools/bin or on PATH; otherwise Go builds one. Never throws for a machine without Go. */
export async function provideK6(options: K6Options): Promise<K6> {
  const { toolsDir, env, report } = options
  const binDir = join(toolsDir, 'bin')
  const found = await findK6([binDir, ...foldersOf(env)])
  if (found !== undefined) return { kind: 'found', path: found }
  const go = [...foldersOf(env), '/usr/local/go/bin', '/usr/lib/go/bin']
    .map((dir) => join(dir, 'go'))
    .find(isExecutable)
  const how = `go install ${MODULE}@${VERSION}`
  if (go === undefined)
    return {
      kind: 'missing',
      why: `k6 2 was not found, nor Go to build it; get it with: ${how}, or from https://k6.io`,
    }
  try {
    const work = build(go, join(binDir, 'k6'), options)
    await withProgress(report, `building k6 ${VERSION} into .tools/bin (once)`, work)
  } catch (error) {
    return {
      kind: 'missing',
      why: `k6 2 was not found, and building it failed (try ${how}): ${String(error)}`,
    }
  }
  return { kind: 'found', path: join(binDir, 'k6') }
}

/**
 * From the module's own folder, where its go.sum is: `go install` also asks for the list of its versions, which a proxy of modules need
 * not have.
 */
async function build(go: string, path: string, { toolsDir, logPath, env }: K6Options): Promise<void> {
  mkdirSync(dirname(path), { recursive: true })
  const { stdout } = await run(go, ['mod', 'download', '-json', `${MODULE}@${VERSION}`], {
    cwd: toolsDir,
    env,
    timeout: BUILD_TIMEOUT_MS,
  })
  const { Dir: cwd } = JSON.parse(stdout) as { Dir: string }
  await runTool({
    command: go,
    args: ['build', '-o', path, '.'],
    cwd,
    env,
    logPath,
    timeoutMs: BUILD_TIMEOUT_MS,
  })
}

async function findK6(folders: readonly string[]): Promise<string | undefined> {
  for (const path of folders.map((folder) => join(folder, 'k6')).filter(isExecutable)) {
    const { stdout } = await run(path, ['version'], { timeout: 20_000 }).catch(() => ({ stdout: '' }))
    if (/\bv2\./.test(stdout)) return path
  }
  return undefined
}

function foldersOf(env: NodeJS.ProcessEnv): string[] {
  return [...(env['PATH'] ?? '').split(delimiter).filter(Boolean), '/usr/bin', '/usr/local/bin']
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
