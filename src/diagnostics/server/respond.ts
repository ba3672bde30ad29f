import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { limits } from '../limits.ts'
import type { RefusalFields } from '../refusal.ts'
import type { Reply } from './route.ts'

/** For pages of this origin; nothing from elsewhere, no script or style in the markup, in no frame. The viewer in ui.ts has its own. */
const SECURITY = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  // Makes go tool pprof print what an error says.
  'x-go-pprof': '1',
}

/** Sends an answer. @returns how many bytes of body went out */
export async function respond(response: ServerResponse, reply: Reply, headOnly: boolean): Promise<number> {
  const { status = 200, contentType, body, fileName, headers = {} } = reply
  const whole = typeof body === 'string' ? Buffer.from(body) : body instanceof Uint8Array ? body : null
  if (body === undefined && !headOnly) throw new Error('an answer without a body is for HEAD alone')
  response.setTimeout(limits.writeIdleMs, () => response.destroy())
  response.writeHead(status, {
    ...SECURITY,
    ...(contentType === undefined ? {} : { 'content-type': contentType }),
    ...(fileName ? { 'content-disposition': `attachment; filename="${fileName}"` } : {}),
    ...(whole ? { 'content-length': whole.byteLength } : {}),
    ...headers,
  })
  if (headOnly) {
    response.end()
    return 0
  }
  if (whole) {
    response.end(whole)
    return whole.byteLength
  }
  let bytes = 0
  const counted = Readable.from(body as AsyncIterable<Uint8Array>).on('data', (chunk: Uint8Array) => {
    bytes += chunk.byteLength
  })
  await pipeline(counted, response)
  return bytes
}

/** What is over after a while. */
const passing: readonly number[] = [409, 429, 503, 504]

/**
 * JSON for programs; for the Go tool, which prints the body, a line of text. The live page asks for a token itself, so it is spared the
 * challenge that makes browsers ask. What is over after a while says when to come back.
 */
export function refusalReply(
  { status, code, message, headers }: RefusalFields,
  asked: Readonly<Record<string, string | string[] | undefined>>,
): Reply {
  const forGo = String(asked['user-agent'] ?? '').startsWith('Go-http-client')
  const challenge = asked['x-diagnostics-page'] ? { 'www-authenticate': 'Bearer realm="diagnostics"' } : {}
  return {
    status,
    contentType: forGo ? 'text/plain; charset=utf-8' : 'application/json',
    body: forGo ? `${code}: ${message}\n` : `${JSON.stringify({ code, message })}\n`,
    headers: {
      ...(passing.includes(status) ? { 'retry-after': String(limits.retryAfterSeconds) } : {}),
      ...headers,
      ...(status === 401 ? challenge : {}),
    },
  }
}
