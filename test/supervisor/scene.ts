/** A supervisor in the test's own process, over processes of app.ts on one port. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestContext } from 'node:test'
import { identify, isSameProcess, type ProcessIdentity } from '../../src/devstack/identity.ts'
import { freePort } from '../../src/devstack/port.ts'
import { waitFor } from '../../src/devstack/wait.ts'
import type { BackOff } from '../../src/supervisor/back-off.ts'
import { forkMember } from '../../src/supervisor/member.ts'
import { makeSupervisor } from '../../src/supervisor/supervisor.ts'

export const exec = resolve(import.meta.dirname, 'app.ts')

export interface Death {
  place: string
  how: string
  pauseMs: number
}

/** Pauses that a test can wait for, and a process that is well as soon as it is ready, or never. */
const quick: BackOff = { firstMs: 10, maxMs: 80, stableMs: 600_000 }

export async function openScene(
  t: TestContext,
  options: { count?: number; backOff?: Partial<BackOff>; startTimeoutMs?: number } = {},
) {
  const folder = openFolder(t)
  const port = await freePort()
  const deaths: Death[] = []
  const late: string[] = []
  const identities: ProcessIdentity[] = []
  const launch = () => {
    const member = forkMember({ exec, args: [String(port), folder], execArgv: [], env: {} })
    const identity = identify(member.pid, exec)
    if (identity) identities.push(identity)
    return member
  }
  const supervisor = makeSupervisor({
    groups: [{ name: 'app', count: options.count ?? 2, launch }],
    startTimeoutMs: options.startTimeoutMs ?? 20_000,
    killGraceMs: 100,
    backOff: { ...quick, ...options.backOff },
    observer: {
      ready() {},
      died: (place, _pid, how, pauseMs) => void deaths.push({ place, how, pauseMs }),
      late: (place) => void late.push(place),
    },
  })
  t.after(() => {
    supervisor.kill()
  })
  const address = `http://127.0.0.1:${port}/`
  return {
    supervisor,
    address,
    deaths,
    late,
    /** Makes a file that steers processes that start from now on; see app.ts. @returns takes it away again */
    steer(file: string): () => void {
      writeFileSync(join(folder, file), '')
      return () => rmSync(join(folder, file))
    },
    /** Which process answers on a connection of its own. */
    async pid(): Promise<number> {
      const answer = await fetch(address, { headers: { connection: 'close' } })
      return Number(await answer.text())
    },
    /** Processes that were started and still live. */
    living: () => identities.filter(isSameProcess).map(({ pid }) => pid),
    pids: () => supervisor.look().map(({ pid }) => pid),
  }
}

export function openFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'floodgate-supervisor-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  assert.ok(await waitFor(check, { timeoutMs: 30_000 }), `did not come true: ${what}`)
}
