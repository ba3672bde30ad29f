import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ProcessIdentity } from '../../src/devstack/identity.ts'
import { identify, isSameProcess } from '../../src/devstack/identity.ts'

// A test run keeps everything of its servers in one folder, and notes every process that it starts there. So nothing
// stays behind: what a killed test file leaves is ended at the end of the run, what a killed run leaves by the next one.
const prefix = 'floodgate-test-'

/** Makes the folder of this run and clears away what runs that were killed left behind. */
export function makeRunDir(): string {
  for (const name of readdirSync(tmpdir())) {
    if (name.startsWith(prefix)) clearIfAbandoned(join(tmpdir(), name))
  }
  const dir = mkdtempSync(join(tmpdir(), prefix))
  notePid(dir, 'owner', process.pid, '')
  return dir
}

/** Notes a process of this run; `commandPart` is the piece of its command line by which it is recognised. */
export function notePid(runDir: string, name: string, pid: number, commandPart: string): void {
  writeFileSync(join(runDir, `${name}.pid.json`), JSON.stringify(identify(pid, commandPart) ?? {}))
}

/** Ends every server that was noted in the folder and still lives, and removes the folder. */
export function clearRunDir(runDir: string): void {
  for (const file of pidFiles(runDir)) {
    const identity = readIdentity(join(runDir, file))
    if (file === 'owner.pid.json' || !identity || !isSameProcess(identity)) continue
    try {
      process.kill(identity.pid, 'SIGKILL')
    } catch {
      // It ended by itself meanwhile.
    }
  }
  rmSync(runDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
}

function clearIfAbandoned(runDir: string): void {
  const owner = readIdentity(join(runDir, 'owner.pid.json'))
  // Without an owner noted it may be a run that begins at this moment.
  if (owner && !isSameProcess(owner)) clearRunDir(runDir)
}

function pidFiles(runDir: string): string[] {
  return readdirSync(runDir).filter((name) => name.endsWith('.pid.json'))
}

function readIdentity(path: string): ProcessIdentity | undefined {
  try {
    const identity = JSON.parse(readFileSync(path, 'utf8')) as Partial<ProcessIdentity>
    return identity.pid === undefined ? undefined : (identity as ProcessIdentity)
  } catch {
    return undefined
  }
}
