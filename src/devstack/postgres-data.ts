import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findPostgres } from './find-program.ts'
import { runTool } from './run-tool.ts'
import type { LaunchOptions } from './server.ts'
import { serverEnv } from './server.ts'
import { unprivilegedUser } from './unprivileged.ts'

export const postgresRole = 'floodgate'
const initTimeoutMs = 120_000

/**
 * Makes sure that `dir` holds a cluster, and returns the `postgres` binary that fits it. Throws when the cluster was
 * made by a version that is not installed.
 */
export async function preparePostgresData(options: LaunchOptions): Promise<string> {
  const versionPath = join(options.dir, 'PG_VERSION')
  const onlyMajor = existsSync(versionPath) ? Number(readFileSync(versionPath, 'utf8').trim()) : undefined
  const found = await findPostgres(options.env, onlyMajor)
  if (found.kind === 'missing') {
    const hint =
      onlyMajor === undefined ? '' : `; ${options.dir} was made by it (npm run stack -- reset starts anew)`
    throw new Error(`${found.why}${hint}`)
  }
  if (onlyMajor === undefined) await initCluster(options, join(dirname(found.path), 'initdb'))
  return found.path
}

/** initdb into a folder beside it and a rename: a start that was cut off leaves no half cluster behind. */
async function initCluster(options: LaunchOptions, initdb: string): Promise<void> {
  const temporary = `${options.dir}.new`
  const user = unprivilegedUser()
  rmSync(temporary, { recursive: true, force: true })
  mkdirSync(temporary, { recursive: true, mode: 0o700 })
  if (user) chownSync(temporary, user.uid, user.gid)
  const command = [
    ...(user?.prefix(temporary) ?? []),
    initdb,
    ...['-D', temporary, '-U', postgresRole, '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8'],
    '--no-instructions',
  ]
  await runTool({
    command: command[0] ?? initdb,
    args: command.slice(1),
    cwd: temporary,
    env: serverEnv(options.env),
    logPath: options.logPath,
    timeoutMs: initTimeoutMs,
    signal: options.signal,
  })
  // An empty folder may stand there from a cut-off start; one with files in it is somebody's and makes this throw.
  renameSync(temporary, options.dir)
}
