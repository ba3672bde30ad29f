import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Takes traces and forgets them; for a while it may refuse them, so that there is something that was dropped. */
export async function openCollector(): Promise<{
  url: string
  refuse(refusing: boolean): void
  close(): void
}> {
  let refusing = false
  const server = createServer((request, response) => {
    request.resume()
    request.once('end', () => {
      // 400 is final: whatever may be tried again would only be late.
      response.writeHead(refusing ? 400 : 200, { 'content-type': 'application/x-protobuf' }).end()
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refuse(now) {
      refusing = now
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
