import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { promisify } from 'node:util'
import { withProgress } from './progress.ts'
import { runTool } from './run-tool.ts'

const run = promisify(execFile)
const installTimeoutMs = 15 * 60_000

export interface InstallOptions {
  /** Debian's names. */
  packages: readonly string[]
  /** What they are for, as a question's first half: `Redis 7 or newer was not found`. */
  why: string
  assumeYes: boolean
  dataDir: string
  env: NodeJS.ProcessEnv
  report: (line: string) => void
}

export type InstallOutcome = { kind: 'installed' } | { kind: 'not_installed'; why: string }

/**
 * Installs packages with apt-get: asked for on a terminal, unasked where there is none or with --yes. Never throws for
 * a machine that cannot install them: the outcome says why and which command would.
 */
export async function installPackages(options: InstallOptions): Promise<InstallOutcome> {
  const command = `apt-get install ${options.packages.join(' ')}`
  const refuse = (reason: string): InstallOutcome => ({
    kind: 'not_installed',
    why: `${options.why}; ${reason}`,
  })
  if (!existsSync('/etc/debian_version') || !existsSync('/usr/bin/apt-get')) {
    return refuse(`on Debian and Ubuntu it comes with: ${command}`)
  }
  const isRoot = process.getuid?.() === 0
  if (!isRoot && !(await canSudo())) return refuse(`get it with: sudo ${command}`)
  if (!options.assumeYes && process.stdin.isTTY && !(await agrees(options.why, command))) {
    return refuse(`get it with: ${isRoot ? '' : 'sudo '}${command}`)
  }
  const logPath = join(options.dataDir, 'logs', 'apt.log')
  options.report(`${options.why}: ${command}`)
  const shell = ['sh', '-c', installScript, 'install', ...options.packages]
  const words = isRoot ? shell : ['sudo', '-n', ...shell]
  try {
    const work = runTool({
      ...{
        command: words[0] ?? 'sh',
        args: words.slice(1),
        cwd: '/',
        env: options.env,
        logPath,
      },
      timeoutMs: installTimeoutMs,
    })
    await withProgress(options.report, command, work)
    return { kind: 'installed' }
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}

/**
 * Debian starts a server as soon as it is installed, on the ports that we want. policy-rc.d forbids that, and the units
 * of those that we brought in are switched off, so that the next boot does not start them either.
 */
const installScript = `
set -e
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
apt-get -o DPkg::Lock::Timeout=120 update -q || true
apt-get -o DPkg::Lock::Timeout=120 install -y -q --no-install-recommends "$@"
for name in "$@"; do
  case "$name" in redis-server | postgresql | prometheus) systemctl disable "$name" >/dev/null 2>&1 || true ;; esac
done
`

async function canSudo(): Promise<boolean> {
  try {
    await run('sudo', ['-n', 'true'], { timeout: 10_000 })
    return true
  } catch {
    return false
  }
}

async function agrees(why: string, command: string): Promise<boolean> {
  const terminal = createInterface({
    input: process.stdin,
    output: process.stderr,
  })
  try {
    const answer = await terminal.question(`${why}. Run \`${command}\` now? [Y/n] `)
    return /^(y|yes|)$/i.test(answer.trim())
  } finally {
    terminal.close()
  }
}
