import { linkToPrimary } from './link/ipc.ts'
import type { ProcessOptions } from './options.ts'
import { type Answering, startAnswering } from './process/answering.ts'

/**
 * In a node:cluster worker: it answers the server that the primary started, or will start.
 *
 * @throws Error in a process that was not forked
 */
export function joinDiagnostics(options: ProcessOptions): { stop(): Promise<void> } {
  let answering: Answering | null = null
  const link = linkToPrimary((message) => answering?.receive(message))
  answering = startAnswering(options, link.post)
  return {
    async stop() {
      link.stop()
      await answering?.stop()
    },
  }
}
