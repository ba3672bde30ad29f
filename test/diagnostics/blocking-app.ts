/**
 * A bare node:http app that blocks its own event loop in ways that a test names: `node blocking-app.ts single|cluster`. In a cluster every
 * worker blocks when its primary says so. It tells its ports on stdout as one line of JSON.
 */
import { execFileSync } from 'node:child_process'
import cluster from 'node:cluster'
import { pbkdf2Sync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  joinDiagnostics,
  startDiagnostics,
  track,
  trackRequests,
  wait,
  waited,
} from '../../src/diagnostics/index.ts'

/** CPU time of its own, so that a machine with other work does not make the block shorter than it was to be. */
function burn(forMs: number): number {
  const endMicros = usedMicros() + forMs * 1000
  let sum = 0
  while (usedMicros() < endMicros) for (let index = 0; index < 1000; index++) sum += Math.sqrt(index)
  return sum
}

function usedMicros(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}

function namedLoop(forMs: number): void {
  burn(forMs)
}

async function afterAwait(forMs: number): Promise<void> {
  await Promise.resolve()
  burn(forMs)
}

function tenInARow(forMs: number, left = 10): void {
  if (left === 0) return
  burn(forMs)
  setTimeout(() => tenInARow(forMs, left - 1), 1)
}

function runChild(forMs: number): void {
  execFileSync('sleep', [String(forMs / 1000)])
}

function hashAll(forMs: number): void {
  // About a million rounds a second; what it really takes is seen from outside.
  const beganMs = performance.now()
  pbkdf2Sync('password', 'salt', 200_000, 32, 'sha256')
  const perRound = (performance.now() - beganMs) / 200_000
  pbkdf2Sync('password', 'salt', Math.ceil(forMs / perRound), 32, 'sha256')
}

/** As an application that formats errors by itself, and badly. */
function withOwnErrors(forMs: number): void {
  Error.stackTraceLimit = 0
  Error.prepareStackTrace = () => process.exit(1)
  burn(forMs)
}

const ways: Record<string, (forMs: number) => unknown> = {
  loop: namedLoop,
  promise: afterAwait,
  timer: (forMs) => setTimeout(() => namedLoop(forMs), 1),
  ten: tenInARow,
  child: runChild,
  hash: hashAll,
  ownErrors: withOwnErrors,
}

const log = { info() {}, warn() {} }

if (cluster.isWorker) {
  joinDiagnostics({ log })
  process.on('message', ({ way, forMs }: { way?: string; forMs?: number }) => {
    if (way) ways[way]?.(forMs ?? 0)
  })
} else {
  const { port: diagnosticsPort } = await startDiagnostics({ port: 0, log })
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://here')
    const forMs = Number(searchParams.get('forMs') ?? 0)
    if (pathname.startsWith('/slow')) return void setTimeout(() => response.end('late\n'), forMs)
    if (pathname === '/wait') {
      const got = wait('pool')
      await new Promise((resolve) => setTimeout(resolve, forMs))
      got()
      waited('lock', forMs)
    }
    if (pathname === '/command') setTimeout(track('command', 'reserve', { show: '1' }), forMs)
    const way = searchParams.get('way') ?? ''
    response.end('soon\n')
    // After the answer has gone.
    setTimeout(() => {
      if (searchParams.has('workers'))
        for (const worker of Object.values(cluster.workers ?? {})) worker?.send({ way, forMs })
      else ways[way]?.(forMs)
    }, 20)
  })
  trackRequests(server)
  server.listen(0, '127.0.0.1', () => {
    if (process.argv[2] === 'cluster') for (let index = 0; index < 2; index++) cluster.fork()
    const { port } = server.address() as AddressInfo
    process.stdout.write(`${JSON.stringify({ port, diagnosticsPort, pid: process.pid })}\n`)
  })
}
