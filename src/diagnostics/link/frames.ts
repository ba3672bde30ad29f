import type { Socket } from 'node:net'
import { deserialize, serialize } from 'node:v8'

const HEAD_BYTES = 4

export function sendFrame(socket: Socket, message: unknown): void {
  const body = serialize(message)
  const head = Buffer.allocUnsafe(HEAD_BYTES)
  head.writeUInt32BE(body.byteLength)
  socket.write(Buffer.concat([head, body]))
}

/** Calls back for each whole message. A peer that announces more than `maxBytes` is cut off. */
export function onFrames(socket: Socket, maxBytes: number, receive: (message: unknown) => void): void {
  let chunks: Buffer[] = []
  let bytes = 0
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    bytes += chunk.byteLength
    while (bytes >= HEAD_BYTES) {
      const [first] = chunks
      if (first && first.byteLength < HEAD_BYTES) chunks = [Buffer.concat(chunks)]
      const size = (chunks[0] as Buffer).readUInt32BE()
      if (size > maxBytes) return void socket.destroy()
      if (bytes < HEAD_BYTES + size) return
      const whole = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
      const rest = whole.subarray(HEAD_BYTES + size)
      chunks = rest.byteLength > 0 ? [rest] : []
      bytes = rest.byteLength
      receive(deserialize(whole.subarray(HEAD_BYTES, HEAD_BYTES + size)))
    }
  })
}
