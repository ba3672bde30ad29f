/**
 * The keeper owns the stores, so that they never outlive their owner. It is a process of its own (`main.ts keeper …`)
 * in a session of its own: Ctrl-C reaches the service only, which stops first and then lets go of the keeper. Attached,
 * it ends with its standard input, which the system closes however the service ends, kill -9 included. Detached, it
 * lives until `stack down`. It restarts a store that dies, and takes over what a killed keeper left running.
 */
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { identify } from './identity.ts'
import { takeKeeperLock } from './keeper-lock.ts'
import { KeptStores } from './kept-stores.ts'
import type { KeeperMessage } from './message.ts'
import type { KeeperRecord } from './record.ts'
import { storeNames } from './record.ts'

export interface KeeperOptions {
  /** What follows `keeper` on the command line; see keeperArgs. */
  args: string[]
  env: NodeJS.ProcessEnv
}

export type KeeperMode = 'attached' | 'detached'

/** The command line of a keeper. It names the data directory, by which a keeper's pid is recognised later. */
export function keeperArgs(options: {
  dataDir: string
  toolsDir: string
  want: readonly string[]
  mode: KeeperMode
}): string[] {
  const { dataDir, toolsDir, want, mode } = options
  return ['keeper', '--data', dataDir, '--tools', toolsDir, '--want', want.join(','), '--mode', mode]
}

/** Runs a keeper until it is told to stop; resolves to the exit code: 0, 1 when a store did not start, 3 when busy. */
export async function runKeeper(options: KeeperOptions): Promise<number> {
  const { values } = parseArgs({
    args: options.args,
    options: {
      data: { type: 'string', default: '.data' },
      tools: { type: 'string', default: '.tools' },
      want: { type: 'string', default: storeNames.join(',') },
      mode: { type: 'string', default: 'attached' },
    },
  })
  const dataDir = resolve(values.data)
  const wanted = values.want.split(',')
  const mode: KeeperMode = values.mode === 'detached' ? 'detached' : 'attached'
  const stop = listenForStop(mode)
  mkdirSync(dataDir, { recursive: true })

  const unlock = takeKeeperLock(dataDir)
  if (!unlock) {
    send({ kind: 'busy' })
    return 3
  }
  try {
    const stores = new KeptStores({
      dataDir,
      toolsDir: resolve(values.tools),
      want: storeNames.filter((name) => wanted.includes(name)),
      env: options.env,
      keeper: describeKeeper(dataDir, mode),
      send,
    })
    const started = stores.start().catch((error: unknown) => ({
      why: error instanceof Error ? error.message : String(error),
    }))
    const first = await Promise.race([started, stop])
    if (typeof first === 'object') send({ kind: 'failed', why: first.why })
    else await stop
    await stores.stop()
    return typeof first === 'object' ? 1 : 0
  } finally {
    unlock()
    // An open standard input would keep the process alive.
    process.stdin.destroy()
  }
}

function describeKeeper(dataDir: string, mode: KeeperMode): KeeperRecord {
  const self = identify(process.pid, dataDir)
  if (!self) throw new Error('cannot see my own process')
  const owner = mode === 'attached' ? identify(process.ppid, '') : undefined
  return { process: self, mode, owner, state: 'starting' }
}

/** Resolves when the keeper should stop. It ignores what a terminal sends: the service decides what a Ctrl-C means. */
function listenForStop(mode: KeeperMode): Promise<undefined> {
  return new Promise((resolveStop) => {
    const stop = (): void => resolveStop(undefined)
    process.on('SIGINT', () => undefined)
    process.on('SIGHUP', () => undefined)
    process.once('SIGTERM', stop)
    process.on('SIGTERM', () => undefined)
    // Its parent may be gone when it has something to say.
    process.stdout.on('error', () => undefined)
    if (mode === 'attached') {
      process.stdin.once('end', stop).once('close', stop).once('error', stop).resume()
    }
  })
}

function send(message: KeeperMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}
