/**
 * A service without Fastify, Redis or PostgreSQL: node:http and the library. `node bare-app.ts single|cluster`; it tells its ports on
 * stdout as one line of JSON, and burns 70 : 30 of its CPU time for two routes, in turns.
 */
import cluster from 'node:cluster'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  joinDiagnostics,
  type ProcessOptions,
  startDiagnostics,
  withLabels,
} from '../../src/diagnostics/index.ts'

const WORKERS = 2
const heavy = { route: '/heavy' }
const light = { route: '/light' }

const options: ProcessOptions = {
  metrics: () => [
    {
      name: 'app_turns_total',
      help: 'Turns',
      type: 'counter',
      merge: 'sum',
      samples: [{ suffix: '', labels: {}, value: 10 }],
    },
  ],
  log: {
    info: (fields, message) => tell({ log: message, ...fields }),
    warn: (fields, message) => tell({ log: message, ...fields }),
  },
}

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

function burnHeavy(forMs: number): number {
  return spin(forMs)
}

function burnLight(forMs: number): number {
  return spin(forMs)
}

function spin(forMs: number): number {
  const endMs = performance.now() + forMs
  let sum = 0
  while (performance.now() < endMs) for (let index = 0; index < 1000; index++) sum += Math.sqrt(index)
  return sum
}

/** Both routes hold their time over an await, interleaved. */
async function burn(
  labels: { route: string },
  work: (forMs: number) => number,
  forMs: number,
): Promise<void> {
  await withLabels(labels, async () => {
    work(forMs / 2)
    await new Promise((resolve) => setTimeout(resolve, 1))
    work(forMs / 2)
  })
  setTimeout(() => void burn(labels, work, forMs), 1)
}

function serveApp(): Promise<number> {
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://here')
    response.end('blocking\n')
    // After the answer has gone.
    const forMs = Number(searchParams.get('blockMs') ?? 0)
    if (forMs > 0) setTimeout(() => spin(forMs), 20)
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

if (cluster.isWorker) {
  joinDiagnostics(options)
  process.on('message', (message) => process.send?.({ echo: message }))
} else {
  const { port: diagnosticsPort } = await startDiagnostics({ ...options, port: 0 })
  const port = await serveApp()
  if (process.argv[2] === 'cluster') {
    for (let index = 0; index < WORKERS; index++) cluster.fork()
    cluster.on('online', (worker) => worker.send({ app: worker.id }))
    cluster.on('message', (_worker, message) => {
      if (message.echo) tell({ echo: message.echo })
    })
  }
  tell({ port, diagnosticsPort, pid: process.pid })
}
if (cluster.isWorker || process.argv[2] !== 'cluster') {
  void burn(heavy, burnHeavy, 14)
  void burn(light, burnLight, 6)
}
