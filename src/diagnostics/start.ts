import { limits } from './limits.ts'
import { linkToWorkers } from './link/ipc.ts'
import type { FromThread } from './link/protocol.ts'
import type { Diagnostics, DiagnosticsOptions } from './options.ts'
import { startAnswering } from './process/answering.ts'
import type { Shared } from './shared.ts'
import { startThread, type Thread } from './start-thread.ts'
import { type ThreadConfig, threadConfig } from './thread-config.ts'

/**
 * Starts the diagnostics server on a thread of its own. In a process of a node:cluster primary it also asks the workers that called
 * joinDiagnostics. Neither the thread nor its port keeps a process alive.
 *
 * @throws Error when the port is taken, a token is short, or an address is open to others without a token
 */
export async function startDiagnostics(options: DiagnosticsOptions): Promise<Diagnostics> {
  const config = threadConfig(options)
  let thread: Thread | null = null
  let workers: number[] = []
  let stopping = false
  let restarts = 0

  const answering = startAnswering(
    options,
    (reply) => thread?.post(reply),
    (told) => thread?.post(told),
  )
  const { shared } = answering.side
  const tellMembers = () => thread?.post({ kind: 'members', processes: [0, ...workers] })
  const cluster = linkToWorkers({
    reply: (reply) => thread?.post(reply),
    members(next) {
      workers = next.slice(0, limits.processesMax)
      tellMembers()
    },
  })

  const onMessage = (message: FromThread): void => {
    switch (message.kind) {
      case 'call':
      case 'cancel':
        if (message.process === 0) answering.receive(message)
        else cluster.post(message)
        return
      case 'log':
        options.log?.[message.level](message.fields, message.message)
        return
      case 'meeting':
        cluster.meet(message)
        return
      case 'listening':
      case 'start_failed':
        return
      default:
        message satisfies never
    }
  }

  async function run(on: ThreadConfig): Promise<number> {
    const started = await listening(on, shared, onMessage)
    if (stopping) {
      // It was stopped while there was no thread yet.
      await started.thread.stop()
      return started.port
    }
    const sinceMs = performance.now()
    thread = started.thread
    tellMembers()
    thread.worker.once('exit', (code) => {
      thread = null
      if (performance.now() - sinceMs >= limits.restartsForgottenMs) restarts = 0
      if (!stopping) void restart(`the diagnostics thread ended with ${code}`)
    })
    return started.port
  }

  /** A thread that ran out of memory takes its captures with it, not the service. */
  async function restart(why: string): Promise<void> {
    const again = restarts++ < limits.restartsMax
    options.log?.warn({ why, restarts, again }, 'the diagnostics thread ended')
    if (!again) return
    await new Promise((resolve) => setTimeout(resolve, limits.restartPauseMs).unref())
    if (stopping) return
    await run({ ...config, port }).catch((error: unknown) => restart(String(error)))
  }

  let port = config.port
  try {
    port = await run(config)
  } catch (error) {
    cluster.stop()
    await answering.stop()
    throw error
  }
  return {
    host: config.host,
    port,
    async stop() {
      stopping = true
      cluster.stop()
      await answering.stop()
      await thread?.stop()
    },
  }
}

/** Starts the thread and waits until it listens. @throws Error when it cannot */
function listening(
  config: ThreadConfig,
  shared: Shared,
  onMessage: (message: FromThread) => void,
): Promise<{ thread: Thread; port: number }> {
  return new Promise((resolve, reject) => {
    const thread = startThread({ role: 'server', config, shared }, (message) => {
      if (message.kind === 'listening') {
        thread.worker.unref()
        resolve({ thread, port: message.port })
      } else if (message.kind === 'start_failed') reject(startError(message, config))
      else onMessage(message)
    })
    // Until it listens it is waited for.
    thread.worker.ref()
    thread.worker.once('error', reject)
    thread.worker.once('exit', (code) => reject(new Error(`the diagnostics thread ended with ${code}`)))
  })
}

function startError(
  { message, code }: { message: string; code: string | undefined },
  config: ThreadConfig,
): Error {
  const where = `${config.host}:${config.port}`
  return Object.assign(new Error(`diagnostics cannot listen on ${where}: ${message}`), { code })
}
