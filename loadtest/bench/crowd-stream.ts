import { connect, type Socket } from 'node:net'

export interface StreamOptions {
  port: number
  /** Of this machine's loopback network: one address has some 28,000 ports to connect from. */
  localAddress: string
  path: string
  token: string
  /** A frame's event and its data. */
  onEvent: (event: string, data: string) => void
  onEnd: () => void
}

/**
 * One stream of server-sent events over a bare socket: thousands of them fit into a process. What comes is one frame a chunk or some
 * in a row; a frame that is cut is kept until its rest comes.
 *
 * @returns the status of the answer and the socket
 */
export function openCrowdStream(options: StreamOptions): Promise<{ status: number; socket: Socket }> {
  const socket = connect({ host: '127.0.0.1', port: options.port, localAddress: options.localAddress })
  let rest = ''
  let begun = false
  socket.setEncoding('latin1')
  return new Promise((resolve, reject) => {
    socket.once('error', (cause) => reject(new Error(`the stream: ${cause.message}`, { cause })))
    socket.once('close', () => {
      reject(new Error('the stream ended before its answer'))
      options.onEnd()
    })
    socket.once('connect', () => {
      socket.write(
        `GET ${options.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${options.token}\r\nAccept: text/event-stream\r\n\r\n`,
      )
    })
    socket.on('data', (chunk) => {
      rest += chunk
      if (!begun) {
        const end = rest.indexOf('\r\n\r\n')
        if (end < 0) return
        begun = true
        socket.on('error', () => {})
        resolve({ status: Number(rest.slice(9, 12)), socket })
        rest = rest.slice(end + 4)
      }
      for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
        const frame = rest.slice(0, end)
        rest = rest.slice(end + 2)
        const event = /^event: (\w+)$/m.exec(frame)?.[1]
        const data = /^data: (.*)$/m.exec(frame)?.[1]
        if (event && data) options.onEvent(event, data)
      }
    })
  })
}
