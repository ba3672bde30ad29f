import { hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Sends a body with an ETag of its bytes, or 304 when the client has it already (RFC 9110 section 13.1.2). A CDN
 * may keep public answers for `maxAgeSeconds`, and go on with the old one for a minute while the service is away.
 */
export function sendCacheable(
  request: FastifyRequest,
  reply: FastifyReply,
  body: unknown,
  cache: { maxAgeSeconds: number; scope: 'public' | 'private' },
): FastifyReply {
  const text = reply.serialize(body) as string
  const tag = `"${hash('sha256', text, 'base64url').slice(0, 22)}"`
  reply
    .header('ETag', tag)
    .header('Vary', 'Authorization')
    .header('Cache-Control', `${cache.scope}, max-age=${cache.maxAgeSeconds}, stale-if-error=60`)
  if (names(request.headers['if-none-match'], tag)) return reply.code(304).send()
  return reply.header('Content-Type', 'application/json; charset=utf-8').send(text)
}

function names(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false
  if (ifNoneMatch.trim() === '*') return true
  return ifNoneMatch.split(',').some((given) => given.trim().replace(/^W\//, '') === tag)
}
