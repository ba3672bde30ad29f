import cluster from 'node:cluster'
import { type FromMember, type StopOrder, unwrap, wrap } from './messages.ts'

/** A process as its supervisor sees it. */
export interface Member {
  pid: number
  /** What it said of its start; that it failed, when it ended without a word. */
  outcome: Promise<FromMember>
  /** How it ended, in words: `code 1`, `SIGKILL`. */
  ended: Promise<string>
  /** Asks it to stop in order. */
  stop(order: Omit<StopOrder, 'kind'>): void
  /** kill -9. */
  kill(): void
}

export interface MemberProcess {
  /** The script and what follows it. It calls joinSupervisor. */
  exec: string
  args: readonly string[]
  execArgv: readonly string[]
  /** Over the environment of this process. */
  env: Readonly<Record<string, string>>
}

/**
 * Starts a process that shares its listening sockets with the others that are started here: this process takes the connections and
 * deals them out in turn, also to processes that listen on the same port later, and takes back what one that is closing did not want.
 */
export function forkMember({ exec, args, execArgv, env }: MemberProcess): Member {
  cluster.schedulingPolicy = cluster.SCHED_RR
  cluster.setupPrimary({ exec, args: [...args], execArgv: [...execArgv] })
  const worker = cluster.fork(env)
  const child = worker.process
  const outcome = Promise.withResolvers<FromMember>()
  const ended = Promise.withResolvers<string>()
  let how: string | null = null

  // What it said last may be read after its end is known: it has ended when the channel has, too.
  function settle(): void {
    if (how === null || worker.isConnected()) return
    outcome.resolve({ kind: 'failed', why: `it ended with ${how}` })
    ended.resolve(how)
  }

  worker.on('message', (received: unknown) => {
    const message = unwrap<FromMember>(received)
    if (message) outcome.resolve(message)
  })
  child.once('exit', (code, signal) => {
    how = signal ?? `code ${code}`
    settle()
  })
  child.once('disconnect', settle)
  worker.on('error', (error) => {
    // Anything else is a message that it was too late for.
    if (child.pid !== undefined) return
    outcome.resolve({ kind: 'failed', why: error.message })
    ended.resolve(error.message)
  })

  return {
    pid: child.pid ?? -1,
    outcome: outcome.promise,
    ended: ended.promise,
    stop(order) {
      if (worker.isConnected()) worker.send(wrap({ kind: 'stop', ...order }), undefined, ignore)
    },
    kill: () => void child.kill('SIGKILL'),
  }
}

function ignore(): void {}
