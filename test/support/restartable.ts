import { randomUUID } from 'node:crypto'
import { basename, dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../src/devstack/port.ts'
import type { Server } from '../../src/devstack/server.ts'
import { notePid } from './run-dir.ts'

/** What a server is cleaned up by: a test's context, or `{ after }` of node:test for a whole file. */
export interface Cleanup {
  after(fn: () => Promise<void>): void
}

/** A server of a test's own, to be killed, frozen and brought back on the same port and data. */
export interface TestServer {
  url: string
  port: number
  dir: string
  pid(): number
  /** kill -9, and waits until it is gone. */
  kill9(): Promise<void>
  /** Stops it in an orderly way. */
  stop(): Promise<void>
  /** Starts it again (stopping it first where it runs); resolves when it answers. */
  restart(): Promise<void>
  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void
  resume(): void
}

export type Launch = (port: number, onSpawn: (pid: number) => void) => Promise<Server>

const maxTries = 40
const pauseMs = 250

/** Starts a server on a free port, and stops it when the test is over. `dir` must lie in the run's folder. */
export async function openServer(t: Cleanup, dir: string, launch: Launch): Promise<TestServer> {
  const onSpawn = (pid: number): void => notePid(dirname(dir), basename(dir), pid, dir)
  // Another process may take the port between the look and the start.
  let server = await persist(3, async () => launch(await freePort(), onSpawn))
  const { port, url } = server
  t.after(async () => {
    server.kill('SIGKILL')
    await server.exited
  })
  return {
    ...{ port, url, dir },
    pid: () => server.pid,
    kill9: async () => {
      server.kill('SIGKILL')
      await server.exited
    },
    stop: () => server.stop(),
    restart: async () => {
      await server.stop()
      // A killed PostgreSQL's sessions hold its shared memory for a moment.
      server = await persist(maxTries, () => launch(port, onSpawn))
    },
    pause: () => server.kill('SIGSTOP'),
    resume: () => server.kill('SIGCONT'),
  }
}

/** A name for a server's folder that no other test file of the run uses. */
export function uniqueName(kind: string): string {
  return `${kind}-${randomUUID().slice(0, 13)}`
}

async function persist<T>(tries: number, work: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await work()
    } catch (error) {
      if (tried >= tries) throw error
      await sleep(pauseMs)
    }
  }
}
