/** The HTTP server: what every request goes through before a route sees it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { limits } from '../limits.ts'
import type { Cost } from '../link/protocol.ts'
import { Refusal, refusalOf } from '../refusal.ts'
import { checkScope, scopeOf, unauthorized } from './auth.ts'
import { costHeaders, sumOfCosts, withBill } from './bill.ts'
import { readBody } from './body.ts'
import { checkHost, isLinkToPage } from './host.ts'
import { refusalReply, respond } from './respond.ts'
import type { Method, Request, Route } from './route.ts'
import type { ServerSide } from './side.ts'

export function makeServer(side: ServerSide, routes: readonly Route[]): Server {
  const exact = new Map(routes.filter(({ path }) => !path.endsWith('*')).map((route) => [route.path, route]))
  const open = routes.filter(({ path }) => path.endsWith('*'))
  const server = createServer(
    {
      maxHeaderSize: limits.headersMaxBytes,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: limits.headersTimeoutMs,
    },
    (request, response) => void handle(request, response),
  )
  server.maxConnections = limits.connectionsMax
  return server

  function find(path: string): { route: Route; rest: string } | null {
    const route = exact.get(path)
    if (route) return { route, rest: '' }
    for (const one of open) {
      const start = one.path.slice(0, -1)
      if (path.startsWith(start)) return { route: one, rest: decoded(path.slice(start.length)) }
    }
    return null
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController()
    response.once('close', () => {
      if (!response.writableFinished) gone.abort(new Error('the client hung up'))
    })
    response.on('error', () => {})
    const beganMs = performance.now()
    const bill: Cost[] = []
    const cost = () => costHeaders(sumOfCosts(bill), (performance.now() - beganMs) / 1000)
    let label = 'other'
    try {
      const { url, host } = parsed(request.url ?? '/')
      const found = find(url.pathname)
      label = found?.route.path ?? label
      const isLink = isLinkToPage(request.method, url.pathname, request.headers)
      checkHost(request.headers, side.config, isLink)
      if (host !== null) checkHost({ ...request.headers, host }, side.config, isLink)
      const scope = scopeOf(request.headers.authorization, side.config.tokens)
      const headOnly = request.method === 'HEAD'
      const method = (headOnly ? 'GET' : request.method) as Method
      const needs = found?.route.methods[method]
      if (scope === null && needs !== 'open') throw unauthorized()
      if (!found)
        throw new Refusal({ status: 404, code: 'not_found', message: 'see /debug/pprof/ for what is here' })
      if (!needs) throw notAllowed(found.route)
      if (scope !== null && needs !== 'open') checkScope(scope, needs)
      const asked: Request = {
        method,
        headOnly,
        query: url.searchParams,
        headers: request.headers,
        rest: found.rest,
        scope,
        remoteAddress: request.socket.remoteAddress ?? '',
        signal: gone.signal,
        text: async () => (await readBody(request, limits.bodyMaxBytes)).toString(),
        bytes: (maxBytes) => readBody(request, maxBytes),
        server: side,
      }
      const reply = await withBill(bill, () => found.route.answer(asked))
      if (!gone.signal.aborted)
        await respond(response, { ...reply, headers: { ...cost(), ...reply.headers } }, headOnly)
    } catch (error) {
      await refuse(request, response, error, cost())
    }
    side.series.request(label, response.headersSent ? response.statusCode : 499)
  }
}

async function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  cost: Readonly<Record<string, string>>,
): Promise<void> {
  // Whoever is in the middle of a stream learns of its end by the broken connection.
  if (response.headersSent || response.destroyed) return void response.destroy()
  const reply = refusalReply(refusalOf(error), request.headers)
  const headers = { ...cost, ...reply.headers }
  await respond(response, { ...reply, headers }, request.method === 'HEAD').catch(() => {})
}

/** Of `/path` or, as proxies are asked, of `http://host/path`; then with the host, which counts as the Host header does. */
function parsed(url: string): { url: URL; host: string | null } {
  if (url.length > limits.urlMaxCharacters) {
    const message = `an address has ${limits.urlMaxCharacters} characters at most`
    throw new Refusal({ status: 414, code: 'url_too_long', message })
  }
  const isAbsolute = /^https?:\/\//i.test(url)
  // A base of its own: what the Host header says is looked at apart.
  const result = isAbsolute ? URL.parse(url) : url.startsWith('/') ? URL.parse(`http://here${url}`) : null
  if (result === null || result.username + result.password !== '')
    throw new Refusal({ status: 400, code: 'bad_url', message: 'the address cannot be read' })
  return { url: result, host: isAbsolute ? result.host : null }
}

function decoded(rest: string): string {
  try {
    return decodeURIComponent(rest)
  } catch {
    throw new Refusal({ status: 400, code: 'bad_url', message: 'the address cannot be read' })
  }
}

function notAllowed({ methods }: Route): Refusal {
  const allowed = Object.keys(methods).flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  const message = `allowed here: ${allowed.join(', ')}`
  return new Refusal({
    status: 405,
    code: 'method_not_allowed',
    message,
    headers: { allow: allowed.join(', ') },
  })
}
