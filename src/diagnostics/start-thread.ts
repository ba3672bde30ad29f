import { tmpdir } from 'node:os'
import { extname } from 'node:path'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { BesideData } from './beside/attend.ts'
import { limits } from './limits.ts'
import type { FromThread, Meeting, ToThread } from './link/protocol.ts'
import type { ServerData } from './thread-config.ts'

/** The file beside this one, as TypeScript or, in a package that was built, as JavaScript. */
const file = new URL(`./thread${extname(new URL(import.meta.url).pathname)}`, import.meta.url)

export interface Thread {
  worker: Worker
  /** This end of the channel. */
  port: MessagePort
  post(message: ToThread | Meeting): void
  stop(): Promise<void>
}

/** Starts the thread beside this one. It keeps no process alive. */
export function startThread(
  data: Omit<ServerData, 'port'> | Omit<BesideData, 'port'>,
  onMessage: (message: FromThread) => void,
): Thread {
  const { port1: port, port2: there } = new MessageChannel()
  const worker = new Worker(file, {
    name: 'diagnostics',
    workerData: { ...data, port: there },
    transferList: [there],
    // Nothing of the service's own: no loaders of the application, no secrets of its environment. Where temporary files go is the system's.
    env: { TMPDIR: tmpdir() },
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: limits.threadHeapMiB },
  })
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  // Its end is what is acted on; without a listener an error would end the process.
  worker.on('error', () => {})
  port.on('message', onMessage)
  port.unref()
  worker.unref()
  return {
    worker,
    port,
    post: (message) => port.postMessage(message),
    async stop() {
      worker.ref()
      port.postMessage({ kind: 'stop' } satisfies ToThread)
      const late = setTimeout(() => void worker.terminate(), limits.stopTimeoutMs)
      await exited
      clearTimeout(late)
      port.close()
    },
  }
}
