/**
 * The live page and speedscope: files that are read when somebody first asks, and served from memory. They hold nothing secret, so they
 * need no token; what they show does. /ui asks for one by the browser's own means, / lets the page ask.
 */
import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { Refusal } from '../../refusal.ts'
import { acceptsGzip } from '../accepts-gzip.ts'
import type { Reply, Request, Route } from '../route.ts'

const FOLDER = join(import.meta.dirname, '../ui')

const typeOf: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
}

/** speedscope writes styles as it runs, reads the profile that the page holds, and shows itself within the page. */
const VIEWER_POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' blob: data:; worker-src 'self' blob:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"

interface StaticFile {
  contentType: string
  bytes: Buffer
  zipped: Buffer
  tag: string
}

export function uiRoutes(): Route[] {
  const page = lazy(pageFiles)
  const viewer = lazy(viewerFiles)
  const index = (request: Request) => send(page().get('index.html'), request)
  return [
    { path: '/', methods: { GET: 'open' }, answer: index },
    { path: '/ui', methods: { GET: 'metrics' }, answer: index },
    { path: '/ui/*', methods: { GET: 'open' }, answer: (request) => send(page().get(request.rest), request) },
    {
      path: '/speedscope/*',
      methods: { GET: 'open' },
      answer(request) {
        const reply = send(viewer().get(request.rest || 'index.html'), request)
        return { ...reply, headers: { ...reply.headers, 'content-security-policy': VIEWER_POLICY } }
      },
    },
  ]
}

/** By the name in the address. What is not here is not served, whatever the address says. */
function pageFiles(): Map<string, StaticFile> {
  const files = new Map(readdirSync(FOLDER).map((name) => [name, read(join(FOLDER, name))]))
  for (const [name, specifier] of [
    ['uplot.js', 'uplot/dist/uPlot.iife.min.js'],
    ['uplot.css', 'uplot/dist/uPlot.min.css'],
  ] as const)
    files.set(name, read(fileURLToPath(import.meta.resolve(specifier))))
  return files
}

function viewerFiles(): Map<string, StaticFile> {
  const folder = fileURLToPath(new URL('dist/release/', import.meta.resolve('speedscope/package.json')))
  const names = readdirSync(folder).filter((name) => typeOf[extname(name)])
  return new Map(names.map((name) => [name, read(join(folder, name))]))
}

function read(path: string): StaticFile {
  const bytes = readFileSync(path)
  return {
    contentType: typeOf[extname(path)] ?? 'application/octet-stream',
    bytes,
    zipped: gzipSync(bytes),
    tag: `"${hash('sha256', bytes, 'base64url').slice(0, 22)}"`,
  }
}

function send(file: StaticFile | undefined, { headers }: Request): Reply {
  if (!file) throw new Refusal({ status: 404, code: 'not_found', message: 'there is no such file' })
  const { contentType, bytes, zipped, tag } = file
  const cached = { etag: tag, 'cache-control': 'no-cache', vary: 'accept-encoding' }
  if (headers['if-none-match'] === tag) return { status: 304, contentType, body: '', headers: cached }
  const zip = zipped.byteLength < bytes.byteLength && acceptsGzip(headers)
  return {
    contentType,
    body: zip ? zipped : bytes,
    headers: { ...cached, ...(zip ? { 'content-encoding': 'gzip' } : {}) },
  }
}

/** @throws on each call that fails anew, so that a file that came later is found */
function lazy<T>(make: () => T): () => T {
  let made: { value: T } | null = null
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
