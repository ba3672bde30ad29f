import { connect, type Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** A listening server's port. */
export async function listen(api: FastifyInstance): Promise<number> {
  await api.listen({ port: 0, host: '127.0.0.1' })
  const address = api.server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening on a port')
  return address.port
}

/** Sends bytes as they are and gives back everything until the server closes the connection. */
export async function exchange(
  port: number,
  bytes: string,
  then?: (socket: Socket) => void,
): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.setEncoding('latin1')
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  // The server may reset a connection that it is still being sent to; what it said before that counts.
  socket.on('error', () => {})
  socket.write(bytes)
  then?.(socket)
  await new Promise((resolve) => socket.on('close', resolve))
  return received
}

/** Status and JSON body of the last answer in a stream of answers. */
export function lastAnswer(received: string): {
  statusCode: number
  head: string
  body: Record<string, unknown>
} {
  const start = received.lastIndexOf('HTTP/1.1 ')
  const [head = '', body = ''] = received.slice(start).split('\r\n\r\n')
  return { statusCode: Number(head.slice(9, 12)), head, body: body ? JSON.parse(body) : {} }
}
