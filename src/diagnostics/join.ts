import { linkToPrimary } from './link/ipc.ts'
import type { ProcessOptions } from './options.ts'
import { startAnswering } from './process/answering.ts'
import { startThread, type Thread } from './start-thread.ts'

/**
 * In a node:cluster worker: it answers the server that the primary started, or will start. Once that is there a thread beside the main
 * thread answers it too, for what must be seen while the main thread is blocked.
 *
 * @throws Error in a process that was not forked
 */
export function joinDiagnostics(options: ProcessOptions): { stop(): Promise<void> } {
  let thread: Thread | null = null
  const answering = startAnswering(
    options,
    (reply) => link.post(reply),
    (told) => thread?.post(told),
  )
  const { number, shared } = answering.side
  const link = linkToPrimary({
    ask: answering.receive,
    meeting(meeting) {
      thread ??= startThread(
        { role: 'beside', number, shared, artifactsDir: options.artifactsDir ?? null },
        (message) => {
          if (message.kind === 'log') options.log?.[message.level](message.fields, message.message)
        },
      )
      thread.post(meeting)
    },
  })
  return {
    async stop() {
      link.stop()
      await answering.stop()
      await thread?.stop()
    },
  }
}
