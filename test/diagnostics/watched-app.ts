/**
 * A plain node:http service for the live page to look at: it has no metrics of its own but two gauges, and four routes. /pricing?fees=1 makes
 * one of its functions dearer from then on; /block?ms= holds the main thread; /looks says how often it was asked for its gauges. It tells its ports as one line of JSON.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startDiagnostics, withLabels } from '../../src/diagnostics/index.ts'

let isDear = false
let waiting = 0
let level = 'info'
let looks = 0

const routes: Record<string, (query: URLSearchParams) => unknown> = {
  '/seats': () => findSeats(0.4),
  '/checkout': async () => {
    waiting++
    await new Promise((resolve) => setTimeout(resolve, 4))
    waiting--
    sumPrices(1.5)
    addFees(isDear ? 12 : 0.5)
  },
  '/pricing': (query) => {
    isDear = query.get('fees') === '1'
  },
  '/block': (query) => {
    setTimeout(() => spin(Number(query.get('ms') ?? 0)), 20)
  },
}

function findSeats(forMs: number): number {
  return spin(forMs)
}

function sumPrices(forMs: number): number {
  return spin(forMs)
}

/** Does its work itself, so that its own time is what grows. */
function addFees(forMs: number): number {
  const endMs = performance.now() + forMs
  let sum = 0
  while (performance.now() < endMs) for (let index = 0; index < 500; index++) sum += Math.cbrt(index)
  return sum
}

function spin(forMs: number): number {
  const endMs = performance.now() + forMs
  let sum = 0
  while (performance.now() < endMs) for (let index = 0; index < 500; index++) sum += Math.sqrt(index)
  return sum
}

const labels = new Map(Object.keys(routes).map((route) => [route, { route }]))
const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://here')
  if (pathname === '/looks') return void response.end(String(looks))
  const route = routes[pathname]
  if (!route) return void response.writeHead(pathname === '/broken' ? 500 : 404).end()
  await withLabels(labels.get(pathname) ?? {}, async () => route(searchParams))
  response.end('done\n')
})

const { port: diagnosticsPort } = await startDiagnostics({
  port: 0,
  token: process.argv[2],
  gauges: {
    checkout_waiting() {
      looks++
      return waiting
    },
    checkout_pool_size: () => 8,
  },
  checks: { prices: () => true },
  logLevel: {
    get: () => level,
    set(next) {
      level = next
    },
  },
  live: { charts: [{ title: 'Checkouts under way', families: ['checkout_waiting', 'checkout_pool_size'] }] },
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`${JSON.stringify({ port, diagnosticsPort, pid: process.pid })}\n`)
})
