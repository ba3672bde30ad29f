import type { Socket } from 'node:net'
import type { Api } from './api.ts'
import type { ServerLimits } from './limits.ts'

/** A connection that was made and not used for so long into a shutdown was made in advance, as browsers and fetch do. */
const SILENT_MS = 1000

/**
 * Node stops looking for slow senders when a server closes, and does not take a connection that never sent anything for idle: one of
 * either would keep it open. The silent ones are closed first; whatever arrives and is answered in time is done a while later, and
 * then all connections that are left are closed.
 */
export function closeStragglers(
  app: Api,
  { requestTimeoutMs, handlerTimeoutMs }: Pick<ServerLimits, 'requestTimeoutMs' | 'handlerTimeoutMs'>,
): void {
  const sockets = new Set<Socket>()
  app.server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })

  function closeSilent(): void {
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
  }

  app.addHook('preClose', (done) => {
    const timers = [
      setTimeout(closeSilent, SILENT_MS),
      setTimeout(() => app.server.closeAllConnections(), requestTimeoutMs + handlerTimeoutMs),
    ]
    app.server.once('close', () => timers.forEach(clearTimeout))
    done()
  })
}
