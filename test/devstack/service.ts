import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { livingStores } from '../../src/devstack/left-over.ts'
import { livingKeeper, readRecord } from '../../src/devstack/record.ts'
import { waitFor } from '../../src/devstack/wait.ts'

const entry = resolve(import.meta.dirname, 'entry.ts')
const env = { ...process.env, DEVSTACK_TEST_TOOLS: resolve(import.meta.dirname, '../../.tools') }

export interface Service {
  child: ChildProcess
  pid: number
  endpoints: { redisUrl?: string; databaseUrl?: string; kafkaBrokers?: string; prometheusUrl?: string }
  /** What it reported so far. */
  lines: string[]
}

const services = new Map<string, ChildProcess[]>()

/** A data directory for one test; whatever runs on it afterwards is ended. */
export function openDataDir(t: TestContext): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'floodgate-devstack-'))
  // One hook for all, because hooks run in the order in which they were added: services, their stores, the data.
  t.after(async () => {
    for (const child of services.get(dataDir) ?? []) child.kill('SIGKILL')
    if (livingKeeper(readRecord(dataDir))?.mode === 'attached') await untilNothingRuns(dataDir)
    stackCommand(dataDir, 'down')
    rmSync(dataDir, { recursive: true, force: true })
  })
  services.set(dataDir, [])
  return dataDir
}

/** Starts a process that owns (or joins) the wanted stores, and waits until it has its endpoints. */
export async function startService(dataDir: string, want: string): Promise<Service> {
  const child = spawn(process.execPath, [entry, 'own', dataDir, want], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  services.get(dataDir)?.push(child)
  const lines: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(line))
  const endpoints = await new Promise<Service['endpoints']>((done, fail) => {
    createInterface({ input: child.stdout }).once('line', (line) => done(JSON.parse(line)))
    child.once('exit', (code) => fail(new Error(`the service ended with ${code}:\n${lines.join('\n')}`)))
  })
  return { child, pid: child.pid ?? -1, endpoints, lines }
}

export interface CommandResult {
  code: number | null
  out: string
  err: string
}

/** `stack VERB` on this data directory. */
export function stackCommand(dataDir: string, ...args: string[]): CommandResult {
  const options = { env, encoding: 'utf8', timeout: 120_000 } as const
  const done = spawnSync(process.execPath, [entry, 'stack', dataDir, ...args], options)
  return { code: done.status, out: done.stdout, err: done.stderr }
}

/** Waits until neither a keeper nor a store of this directory lives; false when they do not go away. */
export function untilNothingRuns(dataDir: string): Promise<boolean> {
  const isQuiet = (): boolean => {
    const record = readRecord(dataDir)
    return livingKeeper(record) === undefined && livingStores(record).length === 0
  }
  return waitFor(isQuiet, { timeoutMs: 60_000 })
}
