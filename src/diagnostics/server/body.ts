import type { IncomingMessage } from 'node:http'
import { Refusal } from '../refusal.ts'

/** @throws Refusal body_too_large (413) */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) {
      const headers = { connection: 'close' }
      throw new Refusal({
        status: 413,
        code: 'body_too_large',
        message: `${maxBytes} bytes at most`,
        headers,
      })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
