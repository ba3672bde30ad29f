/** Schemathesis, which makes requests from an OpenAPI document: installed once into .tools/, every package of it by its hash. */
import { execFile } from 'node:child_process'
import { hash } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { installPackages } from '../../src/devstack/install.ts'
import { withProgress } from '../../src/devstack/progress.ts'
import { runTool } from '../../src/devstack/run-tool.ts'

const run = promisify(execFile)
const lockPath = join(import.meta.dirname, 'schemathesis.lock.txt')
const INSTALL_TIMEOUT_MS = 5 * 60_000
/** What schemathesis asks for, with the module that Debian has in a package of its own. */
const IS_FIT = 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))'

/** The words of a command, to which schemathesis's own arguments are added. */
export type Schemathesis = { kind: 'found'; command: string[] } | { kind: 'missing'; why: string }

export interface SchemathesisOptions {
  toolsDir: string
  dataDir: string
  env: NodeJS.ProcessEnv
  /** Debian's packages are installed without asking. */
  assumeYes: boolean
  report: (line: string) => void
}

/** Never throws for a machine that cannot have it: the outcome says why. */
export async function provideSchemathesis(options: SchemathesisOptions): Promise<Schemathesis> {
  const version = hash('sha256', readFileSync(lockPath), 'hex').slice(0, 12)
  const dir = join(options.toolsDir, `schemathesis-${version}`)
  try {
    if (!existsSync(dir)) await install(dir, options)
  } catch (error) {
    return { kind: 'missing', why: `there is no schemathesis: ${String(error)}` }
  }
  // Not its script, in which the path is written that it was installed at.
  return {
    kind: 'found',
    command: [join(dir, 'bin', 'python'), '-c', 'from schemathesis.cli import schemathesis; schemathesis()'],
  }
}

/** Beside its place, and moved there when it is whole. */
async function install(dir: string, options: SchemathesisOptions): Promise<void> {
  const { env, dataDir, report } = options
  const python = (await findPython(env)) ?? (await installPython(options))
  const unfinished = `${dir}.${process.pid}`
  const logPath = join(dataDir, 'logs', 'schemathesis.log')
  const step = (command: string, args: string[]) =>
    runTool({ command, args, cwd: '/', env, logPath, timeoutMs: INSTALL_TIMEOUT_MS })
  mkdirSync(options.toolsDir, { recursive: true })
  try {
    const work = step(python, ['-m', 'venv', unfinished]).then(() =>
      step(join(unfinished, 'bin', 'python'), [
        ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'],
        ...['--require-hashes', '--only-binary', ':all:', '-r', lockPath],
      ]),
    )
    await withProgress(report, 'installing schemathesis into .tools (once)', work)
    // Another run may have been faster.
    if (!existsSync(dir)) renameSync(unfinished, dir)
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
}

/** @throws when there is none after it, with the reason */
async function installPython({ dataDir, env, assumeYes, report }: SchemathesisOptions): Promise<string> {
  const why = 'Python 3.11 or newer with its module venv was not found'
  const outcome = await installPackages({
    ...{ packages: ['python3-venv'], why, assumeYes, dataDir, env, report },
  })
  if (outcome.kind === 'not_installed') throw new Error(outcome.why)
  const path = await findPython(env)
  if (path === null) throw new Error(`${why}, even after its package was installed`)
  return path
}

async function findPython(env: NodeJS.ProcessEnv): Promise<string | null> {
  const folders = [...(env['PATH'] ?? '').split(delimiter).filter(Boolean), '/usr/bin', '/usr/local/bin']
  for (const path of folders.map((folder) => join(folder, 'python3')).filter(isExecutable)) {
    const isFit = await run(path, ['-c', IS_FIT], { timeout: 20_000 }).then(
      () => true,
      () => false,
    )
    if (isFit) return path
  }
  return null
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
