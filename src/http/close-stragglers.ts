import type { Api } from './api.ts'
import type { ServerLimits } from './limits.ts'

/**
 * Node stops looking for slow senders when a server closes, and one of them would keep it open for ever. Whatever arrives and is
 * answered in time is done this long after the shutdown began; then all connections that are left are closed.
 */
export function closeStragglers(
  app: Api,
  { requestTimeoutMs, handlerTimeoutMs }: Pick<ServerLimits, 'requestTimeoutMs' | 'handlerTimeoutMs'>,
): void {
  app.addHook('preClose', (done) => {
    const timer = setTimeout(() => app.server.closeAllConnections(), requestTimeoutMs + handlerTimeoutMs)
    app.server.once('close', () => clearTimeout(timer))
    done()
  })
}
