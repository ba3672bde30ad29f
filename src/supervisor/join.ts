import cluster from 'node:cluster'
import { type FromMember, type StopOrder, unwrap, wrap } from './messages.ts'

export interface Order {
  why: string
  drainMs: number
  withinMs: number
}

/** The supervisor as one of its processes sees it. */
export interface Supervisor {
  /** Resolves when this process is to stop: told to, by a SIGTERM of its own, or because its supervisor is gone. */
  stop: Promise<Order>
  ready(address: string | null): void
  /** Resolves when it was said, or cannot be any more. */
  failed(why: string): Promise<void>
  /** From here on the channel does not keep this process running. */
  leave(): void
}

/**
 * Joins the supervisor that forked this process. What a terminal sends to everybody in it, Ctrl-C and the end of the session, is for the
 * supervisor to decide.
 *
 * @param alone how to stop when nobody says how: after kill -9 of the supervisor, or a SIGTERM to this process alone
 * @throws Error in a process that was not forked by one
 */
export function joinSupervisor(alone: { drainMs: number; withinMs: number }): Supervisor {
  const { worker } = cluster
  if (!worker) throw new Error('this process was not started by a supervisor')
  const stop = Promise.withResolvers<Order>()
  const say = (message: FromMember) =>
    new Promise<void>((resolve) => {
      if (process.connected) process.send?.(wrap(message), undefined, undefined, () => resolve())
      else resolve()
    })

  process.on('message', (received: unknown) => {
    const order = unwrap<StopOrder>(received)
    if (order?.kind !== 'stop') return
    stop.resolve({ why: 'the supervisor says so', drainMs: order.drainMs, withinMs: order.withinMs })
  })
  worker.once('disconnect', () => {
    // node:cluster ends a process whose primary is gone at once, unless it seems to have left by itself.
    worker.exitedAfterDisconnect = true
    stop.resolve({ ...alone, drainMs: 0, why: 'the supervisor is gone' })
  })
  process.on('SIGTERM', () => stop.resolve({ ...alone, why: 'SIGTERM' }))
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})

  return {
    stop: stop.promise,
    ready: (address) => void say({ kind: 'ready', address }),
    failed: (why) => say({ kind: 'failed', why }),
    leave: () => process.channel?.unref(),
  }
}
