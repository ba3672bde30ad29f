import { extname } from 'node:path'
import { MessageChannel, Worker } from 'node:worker_threads'
import { limits } from './limits.ts'
import { linkToWorkers } from './link/ipc.ts'
import type { FromThread, ToThread } from './link/protocol.ts'
import type { Diagnostics, DiagnosticsOptions } from './options.ts'
import { startAnswering } from './process/answering.ts'
import { type ThreadConfig, threadConfig } from './thread-config.ts'

/** The file beside this one, as TypeScript or, in a package that was built, as JavaScript. */
const threadFile = new URL(`./thread${extname(new URL(import.meta.url).pathname)}`, import.meta.url)

/**
 * Starts the diagnostics server on a thread of its own. In a process of a node:cluster primary it also asks the workers that called
 * joinDiagnostics. Neither the thread nor its port keeps a process alive.
 *
 * @throws Error when the port is taken, a token is short, or an address is open to others without a token
 */
export async function startDiagnostics(options: DiagnosticsOptions): Promise<Diagnostics> {
  const config = threadConfig(options)
  let toThread = (_message: ToThread) => {}
  let workers: number[] = []
  let stopping = false
  let restarts = 0

  const answering = startAnswering(options, (reply) => toThread(reply))
  const tellMembers = () => toThread({ kind: 'members', processes: [0, ...workers] })
  const cluster = linkToWorkers({
    reply: (reply) => toThread(reply),
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
      case 'listening':
      case 'start_failed':
        return
      default:
        message satisfies never
    }
  }

  let thread = await startThread(config, onMessage)
  use(thread)
  const { port } = thread

  function use(next: RunningThread): void {
    thread = next
    toThread = next.post
    tellMembers()
    next.worker.once('exit', (code) => {
      toThread = () => {}
      if (!stopping) void restart(`the diagnostics thread ended with ${code}`)
    })
  }

  /** A thread that ran out of memory takes its captures with it, not the service. */
  async function restart(why: string): Promise<void> {
    const again = restarts++ < limits.restartsMax
    options.log?.warn({ why, restarts, again }, 'the diagnostics thread ended')
    if (!again) return
    await new Promise((resolve) => setTimeout(resolve, limits.restartPauseMs).unref())
    if (stopping) return
    try {
      use(await startThread({ ...config, port }, onMessage))
    } catch (error) {
      await restart(String(error))
    }
  }

  return {
    host: config.host,
    port,
    async stop() {
      stopping = true
      cluster.stop()
      await answering.stop()
      await thread.stop()
    },
  }
}

interface RunningThread {
  worker: Worker
  port: number
  post(message: ToThread): void
  stop(): Promise<void>
}

async function startThread(
  config: ThreadConfig,
  onMessage: (message: FromThread) => void,
): Promise<RunningThread> {
  const { port1: here, port2: there } = new MessageChannel()
  const worker = new Worker(threadFile, {
    name: 'diagnostics',
    workerData: { config, port: there },
    transferList: [there],
    // Nothing of the service's own: no loaders of the application, no secrets of its environment.
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: limits.threadHeapMiB },
  })
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  const failure = new Promise<never>((_resolve, reject) => {
    worker.on('error', reject)
    worker.once('exit', (code) => reject(new Error(`the diagnostics thread ended with ${code}`)))
  })
  // Once it runs, its end is noticed by `exit`.
  failure.catch(() => {})

  const listening = new Promise<number>((resolve, reject) => {
    here.on('message', (message: FromThread) => {
      if (message.kind === 'listening') resolve(message.port)
      else if (message.kind === 'start_failed') reject(startError(message, config))
      else onMessage(message)
    })
  })
  const port = await Promise.race([listening, failure])
  here.unref()
  worker.unref()

  return {
    worker,
    port,
    post: (message) => here.postMessage(message),
    async stop() {
      worker.ref()
      here.postMessage({ kind: 'stop' } satisfies ToThread)
      const late = setTimeout(() => void worker.terminate(), limits.stopTimeoutMs)
      await exited
      clearTimeout(late)
      here.close()
    },
  }
}

function startError(
  { message, code }: { message: string; code: string | undefined },
  config: ThreadConfig,
): Error {
  const where = `${config.host}:${config.port}`
  return Object.assign(new Error(`diagnostics cannot listen on ${where}: ${message}`), { code })
}
