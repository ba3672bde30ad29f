import { Server } from 'node:net'

/**
 * Takes no new connection, and waits until those that there are have gone. An HTTP server's own close would close the idle ones at once,
 * some of them just when their client begins to send.
 *
 * @param withinMs at most
 */
export function drainConnections(server: Server, withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, withinMs)
    Server.prototype.close.call(server, () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
