/**
 * Who is asking. The access token is the only source of identity: no header and no body field is trusted as one.
 * The hooks run before the body is read, so that nobody without a token makes us parse.
 */
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction, onRequestHookHandler } from 'fastify'
import type { Identity, Role, Verified, VerifyToken } from './identity.ts'
import { refuse } from './refuse.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the hook `authenticated` before the handler runs; null only on routes that are open to everybody. */
    identity: Identity | null
  }
}

/** The identity on a route that asks for one. */
export function identityOf(request: FastifyRequest): Identity {
  if (request.identity === null) throw new Error('this route has no authentication hook')
  return request.identity
}

/** Lets a request through when it carries a valid access token. */
export function authenticated(verifyToken: VerifyToken): onRequestHookHandler {
  return function authenticate(request, reply, done) {
    const token = bearerToken(request.headers.authorization)
    if (token === null) {
      unauthorized(reply, 'UNAUTHORIZED', 'an access token is needed: Authorization: Bearer <token>')
      return
    }
    const verified = verifyToken(token)
    if (verified instanceof Promise) {
      verified.then((result) => admit(result, request, reply, done), done)
    } else {
      admit(verified, request, reply, done)
    }
  }
}

/**
 * As `authenticated`, for routes that show more to some: without a token one is nobody, a bad token is still
 * refused.
 */
export function optionallyAuthenticated(verifyToken: VerifyToken): onRequestHookHandler {
  const authenticate = authenticated(verifyToken)
  return function authenticateIfAsked(request, reply, done) {
    if (request.headers.authorization === undefined) done()
    else authenticate.call(request.server, request, reply, done)
  }
}

/** Lets a request through whose identity has one of the roles. Stands after `authenticated`. */
export function restrictedTo(...roles: Role[]): onRequestHookHandler {
  return function checkRole(request, reply, done) {
    if (roles.includes(identityOf(request).role)) done()
    else refuse(reply, 'FORBIDDEN', `this is for the role ${roles.join(' or ')}`)
  }
}

function admit(
  verified: Verified,
  request: FastifyRequest,
  reply: FastifyReply,
  done: HookHandlerDoneFunction,
) {
  switch (verified.kind) {
    case 'valid':
      request.identity = verified.identity
      done()
      return
    case 'expired':
      unauthorized(reply, 'TOKEN_EXPIRED', 'the access token has expired')
      return
    case 'invalid':
      unauthorized(reply, 'UNAUTHORIZED', verified.why)
      return
    default:
      verified satisfies never
  }
}

function unauthorized(reply: FastifyReply, code: 'UNAUTHORIZED' | 'TOKEN_EXPIRED', message: string): void {
  refuse(reply.header('WWW-Authenticate', 'Bearer'), code, message)
}

/** RFC 6750 section 2.1; the scheme's name is case-insensitive. */
function bearerToken(header: string | undefined): string | null {
  if (header === undefined) return null
  if (header.startsWith('Bearer ')) return header.slice(7)
  return /^bearer +/i.test(header) ? header.replace(/^bearer +/i, '') : null
}
