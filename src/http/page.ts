/**
 * The page to try the service with, at `/`. Its files are few and small: they are read once, and served from memory. It
 * loads nothing from elsewhere and has no script or style in its markup, and the policy that it is sent with says so.
 */
import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Api } from './api.ts'
import { type DemoTokens, demoTokenRoute } from './demo-tokens.ts'

const FOLDER = join(import.meta.dirname, 'page')
const CONTENT_POLICY =
  "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

/** Of every page beside its policy: it is what its type says, says nowhere where it was, and shares nothing with pages of others. */
export const pageHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
} as const

const typeOf: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** @throws when a file of the page cannot be read */
export function servePage(app: Api, deps: { demoTokens?: DemoTokens }): void {
  for (const name of readdirSync(FOLDER)) {
    const type = typeOf[extname(name)]
    if (type === undefined) continue
    const text = readFileSync(join(FOLDER, name), 'utf8')
    if (name !== 'index.html') serve(app, `/page/${name}`, type, text)
    else serve(app, '/', type, deps.demoTokens ? withDemoTokens(text) : text)
  }
  if (deps.demoTokens) demoTokenRoute(app, deps.demoTokens)
}

/** Told in the markup, so that the page need not try. */
function withDemoTokens(html: string): string {
  return html.replace('data-demo-tokens="off"', 'data-demo-tokens="on"')
}

function serve(app: Api, path: string, type: string, text: string): void {
  const tag = `"${hash('sha256', text, 'base64url').slice(0, 22)}"`
  // Never refused for load: it costs next to nothing, and a page that came in part cannot say that it is to be tried again.
  const options = { config: { work: 'probe' as const }, schema: { hide: true } }
  app.get(path, options, (request: FastifyRequest, reply: FastifyReply) => {
    reply.headers({
      ETag: tag,
      'Cache-Control': 'no-cache',
      'Content-Security-Policy': CONTENT_POLICY,
      ...pageHeaders,
    })
    if (request.headers['if-none-match'] === tag) return reply.code(304).send()
    return reply.type(type).send(text)
  })
}
