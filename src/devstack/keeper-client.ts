import { spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { KeeperMode } from './keeper.ts'
import { keeperArgs } from './keeper.ts'
import { openLog, tailLog } from './log-file.ts'
import type { KeeperMessage } from './message.ts'
import { parseMessage } from './message.ts'
import type { StoreName } from './record.ts'
import type { ExitInfo } from './server-process.ts'

export interface KeeperClientOptions {
  dataDir: string
  toolsDir: string
  mainPath: string
  want: readonly StoreName[]
  mode: KeeperMode
  env: NodeJS.ProcessEnv
  report: (line: string) => void
}

export type KeeperStart = Extract<KeeperMessage, { kind: 'ready' | 'busy' | 'failed' }>

export interface KeeperClient {
  started: Promise<KeeperStart>
  kafkaReady: Promise<boolean>
  exited: Promise<ExitInfo>
  /** Closes the keeper's standard input, at which an attached one stops its stores; resolves when it is gone. */
  letGo(): Promise<void>
  /** From here on the keeper does not keep our process running. */
  unref(): void
}

/** Starts a keeper and listens to what it says. */
export function startKeeper(options: KeeperClientOptions): KeeperClient {
  const logPath = join(options.dataDir, 'logs', 'keeper.log')
  const log = openLog(logPath)
  const child = spawn(process.execPath, [options.mainPath, ...keeperArgs(options)], {
    env: options.env,
    detached: true,
    stdio: [options.mode === 'attached' ? 'pipe' : 'ignore', 'pipe', log],
  })
  closeSync(log)
  const started = Promise.withResolvers<KeeperStart>()
  const kafkaReady = Promise.withResolvers<boolean>()
  const exited = Promise.withResolvers<ExitInfo>()
  const ended = (why: string, exit: ExitInfo): void => {
    started.resolve({ kind: 'failed', why })
    kafkaReady.resolve(false)
    exited.resolve(exit)
  }
  child.once('error', (error) => ended(`the stores' keeper: ${error.message}`, { code: null, signal: null }))
  child.once('close', (code, signal) => {
    ended(`the stores' keeper ended with ${signal ?? code}:\n${tailLog(logPath)}`, { code, signal })
  })
  // A keeper that was killed cannot read that we let go.
  child.stdin?.on('error', () => undefined)

  createInterface({ input: child.stdout ?? process.stdin }).on('line', (line) => {
    const message = parseMessage(line)
    if (message === undefined) return
    switch (message.kind) {
      case 'line':
        return options.report(message.text)
      case 'kafka':
        return kafkaReady.resolve(message.ready)
      default:
        return started.resolve(message)
    }
  })
  return {
    started: started.promise,
    kafkaReady: kafkaReady.promise,
    exited: exited.promise,
    letGo: async () => {
      child.ref()
      child.stdin?.end()
      await exited.promise
    },
    unref: () => {
      child.unref()
      for (const stream of [child.stdin, child.stdout]) {
        if (stream && 'unref' in stream && typeof stream.unref === 'function') stream.unref()
      }
    },
  }
}
