import { setTimeout as sleep } from 'node:timers/promises'
import type { Server } from './server.ts'

export interface SuperviseOptions {
  name: string
  /** Starts the store; it stops trying when the signal aborts. */
  launch: (signal: AbortSignal) => Promise<Server>
  /** Tried once, before the first launch: a server that a dead keeper left running. */
  adopt?: (() => Promise<Server | undefined>) | undefined
  report: (line: string) => void
  onState: (state: 'starting' | 'running' | 'restarting' | 'failed' | 'stopped', server?: Server) => void
}

export interface Supervised {
  /** The first server that was ready; rejects when it cannot be started. */
  ready: Promise<Server>
  /** Ends the store and the supervision. */
  stop(): Promise<void>
}

const firstPauseMs = 250
const longestPauseMs = 5_000
// Some two minutes of trying: a store that ends this often will not heal by itself.
const maxStarts = 30
const windowMs = 150_000
const maxFirstStarts = 3
// A server that ran this long is healthy: the next pause starts short again.
const healthyMs = 10_000

/** Keeps one store running: a store that dies comes back on its port and data, with a pause that doubles to 5 s. */
export function supervise(options: SuperviseOptions): Supervised {
  const stopping = new AbortController()
  const ready = Promise.withResolvers<Server>()
  // Whoever only stops it must not be told by an unhandled rejection.
  ready.promise.catch(() => undefined)
  const ended = keepRunning(options, stopping.signal, ready).finally(() => {
    // Means something only when it never was ready.
    ready.reject(new Error(`${options.name} was stopped`))
  })
  return {
    ready: ready.promise,
    stop: async () => {
      stopping.abort()
      await ended
      options.onState('stopped')
    },
  }
}

async function keepRunning(
  options: SuperviseOptions,
  signal: AbortSignal,
  ready: PromiseWithResolvers<Server>,
): Promise<void> {
  const startsMs: number[] = []
  let pauseMs = firstPauseMs
  let wasReady = false
  options.onState('starting')
  let adopted = await options.adopt?.()
  while (!signal.aborted) {
    startsMs.push(performance.now())
    let why: string
    try {
      const server = adopted ?? (await options.launch(signal))
      adopted = undefined
      options.onState('running', server)
      if (wasReady) options.report(`${options.name} is back on port ${server.port}`)
      wasReady = true
      ready.resolve(server)
      const ranFromMs = performance.now()
      const exit = await untilExit(server, signal)
      if (exit === 'stopped') return
      why = `${options.name} ended unexpectedly (${exit})`
      if (performance.now() - ranFromMs > healthyMs) pauseMs = firstPauseMs
    } catch (error) {
      why = error instanceof Error ? error.message : String(error)
    }
    if (signal.aborted) return
    const recent = startsMs.filter((atMs) => performance.now() - atMs < windowMs).length
    if (recent >= (wasReady ? maxStarts : maxFirstStarts)) {
      options.onState('failed')
      options.report(`${why}; given up after ${recent} starts`)
      ready.reject(new Error(why))
      return
    }
    options.onState('restarting')
    options.report(`${why}; starting it again in ${pauseMs} ms`)
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
    pauseMs = Math.min(pauseMs * 2, longestPauseMs)
  }
}

/** How the server ended by itself, or 'stopped' once it was stopped because the signal aborted. */
async function untilExit(server: Server, signal: AbortSignal): Promise<string> {
  const aborted = Promise.withResolvers<'stop'>()
  const onAbort = (): void => aborted.resolve('stop')
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  const first = await Promise.race([server.exited, aborted.promise])
  signal.removeEventListener('abort', onAbort)
  if (first !== 'stop') return String(first.signal ?? first.code ?? 'gone')
  await server.stop()
  return 'stopped'
}
