/** A link between the service and a store that can be slow, cut without a word, or led elsewhere. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Transform } from 'node:stream'

export interface Link {
  port: number
  /** Each piece that is sent arrives so much later, each way. */
  delay(ms: number): void
  /** Nothing arrives any more, and nobody is told: as when a cable is pulled. */
  cut(): void
  /** The cable is back; what was under way is lost with its connections. */
  mend(): void
  /** Connections end, new ones lead there. */
  leadTo(port: number): void
  close(): Promise<void>
}

export async function openLink(toPort: number): Promise<Link> {
  let target = toPort
  let delayMs = 0
  let isCut = false
  const sockets = new Set<Socket>()

  function passing(): Transform {
    return new Transform({
      transform(chunk, _encoding, done) {
        if (isCut) return done()
        if (delayMs === 0) return done(null, chunk)
        setTimeout(() => (isCut ? done() : done(null, chunk)), delayMs)
      },
    })
  }

  const server = createServer((client) => {
    const store = connect(target, '127.0.0.1')
    for (const [socket, other] of [
      [client, store],
      [store, client],
    ] as const) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => other.destroy())
      socket.once('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
      socket.pipe(passing()).pipe(other)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  function endAll(): void {
    for (const socket of sockets) socket.destroy()
  }

  return {
    port: (server.address() as AddressInfo).port,
    delay(ms) {
      delayMs = ms
    },
    cut() {
      isCut = true
    },
    mend() {
      isCut = false
      endAll()
    },
    leadTo(port) {
      target = port
      endAll()
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      endAll()
      await closed
    },
  }
}
