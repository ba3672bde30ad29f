import { Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

const LOOK_MS = 20

/**
 * Takes an HTTP server out of traffic for a while, without ending anything: where others listen on the same port it stops listening, so that
 * what comes next is theirs, and waits until its connections have gone, each behind its next answer. Streams stay: they hear nothing for so long.
 *
 * @param options.othersListen alone it goes on listening: who came would be refused otherwise, and so only waits
 * @param options.streams connections that do not end by themselves
 * @param deadline until when connections are waited for. Those that are left then are served when it is back
 * @returns makes it listen again. @throws where it cannot
 */
export async function stepAside(
  api: Pick<FastifyInstance, 'server' | 'addresses'>,
  options: { othersListen: boolean; streams: () => number },
  deadline: AbortSignal,
): Promise<() => Promise<void>> {
  const { server } = api
  const [address, ...more] = server.listening ? api.addresses() : []
  // One name may mean several addresses, for which Fastify has a server each.
  const own = typeof address === 'object' && more.length === 0 ? address : null
  const leaves = options.othersListen && own !== null
  // Not the HTTP server's own, which closes what is idle as its client may begin to send; and for good.
  if (leaves) Server.prototype.close.call(server)
  while (!deadline.aborted && (await connectionsOf(server)) > options.streams()) {
    await sleep(LOOK_MS, undefined, { signal: deadline }).catch(() => {})
  }
  return async () => {
    if (leaves && !server.listening) await listenAgain(server, own)
  }
}

function connectionsOf(server: Server): Promise<number> {
  // One that cannot be asked has none.
  return new Promise((resolve) => server.getConnections((error, count) => resolve(error ? 0 : count)))
}

function listenAgain(server: Server, { address, port }: { address: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: address, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
