/**
 * `node snapshot-app.ts SHAPE MIB [cluster]`: holds memory of a shape, tells its ports, and answers requests. In a cluster each of two workers
 * leaves the listening to the other while its heap is written.
 */
import cluster from 'node:cluster'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { joinDiagnostics, type ProcessOptions, startDiagnostics } from '../../src/diagnostics/index.ts'

const MIB = 2 ** 20
const [shape, mib = '0', mode] = process.argv.slice(2)
const bytes = Number(mib) * MIB
const held: unknown[] = []

function hold(): void {
  switch (shape) {
    case 'small':
      for (let i = 0; i * 96 < bytes; i++) held.push({ i, next: { i, j: i } })
      return
    case 'strings':
      for (let i = 0; i * MIB < bytes; i++) held.push(Buffer.alloc(MIB, 97 + (i % 20)).toString('latin1'))
      return
    case 'buffers':
      for (let i = 0; i * MIB < bytes; i++) held.push(new Uint8Array(MIB).fill(1))
      return
    case 'records':
      for (let i = 0; i * 160 < bytes; i++)
        held.push({ a: `name ${i}`, b: [i, i + 1, { c: i }], d: new Map([[i, i]]) })
      return
    default:
  }
}

const server = createServer((_request, response) => response.end(`${held.length}\n`))
const listen = async () => {
  server.listen(mode === 'cluster' ? Number(process.env.APP_PORT) : 0, '127.0.0.1')
  await once(server, 'listening')
}

const options: ProcessOptions = {
  /** No new connections, and none that is kept: whoever asks next is served by the other. */
  async drain() {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeIdleConnections()
    await closed
    return () => void listen()
  },
}

if (mode === 'cluster' && cluster.isPrimary) {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  const { port: diagnosticsPort } = await startDiagnostics({ port: 0 })
  const workers = [1, 2].map(() => cluster.fork({ APP_PORT: String(port) }))
  await Promise.all(workers.map((worker) => once(worker, 'listening')))
  process.stdout.write(`${JSON.stringify({ port, diagnosticsPort })}\n`)
} else if (cluster.isWorker) {
  hold()
  joinDiagnostics(options)
  await listen()
} else {
  hold()
  await listen()
  const { port: diagnosticsPort } = await startDiagnostics({ port: 0 })
  const { port } = server.address() as AddressInfo
  process.stdout.write(`${JSON.stringify({ port, diagnosticsPort })}\n`)
}
