/**
 * A bare node:http service whose options of the library come as JSON: `node recording-app.ts '{"continuous":true}'`. With `workers` it is a
 * cluster. Its route /busy burns CPU for ?ms= in a function of its own, and keeps, throws away, waits and sets timers as it is asked; it
 * tells its ports as one line of JSON.
 */
import cluster from 'node:cluster'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  joinDiagnostics,
  noteRequest,
  startDiagnostics,
  trackRequests,
  wait,
  withLabels,
} from '../../src/diagnostics/index.ts'

const { workers = 0, token, ...given } = JSON.parse(process.argv[2] ?? '{}')
const busy = { route: '/busy' }

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

const options = {
  gauges: { app_depth: () => 7 },
  explain: { app_depth: () => 'It is seven deep.' },
  log: {
    info: (fields: object, message: string) => tell({ log: message, ...fields }),
    warn: (fields: object, message: string) => tell({ log: message, ...fields }),
  },
  ...given,
}

function burnForTheTest(forMs: number): number {
  const endMs = performance.now() + forMs
  let sum = 0
  while (performance.now() < endMs) for (let index = 0; index < 1000; index++) sum += Math.sqrt(index)
  return sum
}

const kept: object[] = []

function objectsOf(kb: number): object[] {
  const made: object[] = []
  for (let number = 0; number < kb * 16; number++) made.push({ number, of: kb })
  return made
}

function keepForTheTest(kb: number): void {
  kept.push(objectsOf(kb))
}

function throwForTheTest(kb: number): number {
  return objectsOf(kb).length
}

function waitForTheTest(forMs: number): void {
  setTimeout(wait('a pool'), forMs)
}

function setTimers(count: number): void {
  for (let index = 0; index < count; index++) setTimeout(() => {}, 3_600_000)
}

function serve(): Promise<number> {
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://here')
    const beganMs = performance.now()
    // A block begins after the answer has gone.
    const blockMs = Number(searchParams.get('blockMs') ?? 0)
    if (blockMs > 0) setTimeout(() => withLabels(busy, () => burnForTheTest(blockMs)), 20)
    withLabels(busy, () => burnForTheTest(Number(searchParams.get('ms') ?? 0)))
    const asked = (name: string) => Number(searchParams.get(name) ?? 0)
    if (asked('keepKb') > 0) keepForTheTest(asked('keepKb'))
    if (asked('throwKb') > 0) throwForTheTest(asked('throwKb'))
    if (asked('waitMs') > 0) waitForTheTest(asked('waitMs'))
    setTimers(asked('timers'))
    if (asked('hangMs') > 0) return void setTimeout(() => response.end('late\n'), asked('hangMs'))
    noteRequest('/busy', (performance.now() - beganMs) / 1000, searchParams.get('trace') ?? undefined)
    response.end('done\n')
  })
  trackRequests(server)
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

if (cluster.isWorker) {
  joinDiagnostics(options)
  setInterval(() => withLabels(busy, () => burnForTheTest(5)), 50)
} else {
  const { port: diagnosticsPort } = await startDiagnostics({ ...options, token, port: 0 })
  for (let index = 0; index < workers; index++) cluster.fork()
  tell({ port: await serve(), diagnosticsPort, pid: process.pid })
}
