/**
 * `node snapshot-app.ts SHAPE MIB [cluster|filling]`: holds memory of a shape, tells its ports, and answers requests. In a cluster each of two
 * workers leaves the listening to the other while its heap is written. When it is filling it keeps artifacts in ARTIFACTS_DIR, and before its
 * heap is written fills that disk up to what /leave?kb= said, with a file of its own.
 */
import cluster from 'node:cluster'
import { once } from 'node:events'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
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

/** Of the disk, when a snapshot begins. */
let leftKb = 0

const server = createServer(({ url = '' }, response) => {
  leftKb = Number(/kb=(\d+)/.exec(url)?.[1] ?? leftKb)
  response.end(`${held.length}\n`)
})
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

function fillDisk(dir: string): void {
  const { bavail, bsize } = statfsSync(dir)
  writeFileSync(join(dir, 'filler'), Buffer.alloc(Math.max(0, bavail * bsize - leftKb * 1024)))
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
  const artifactsDir = mode === 'filling' ? process.env.ARTIFACTS_DIR : undefined
  const { port: diagnosticsPort } = await startDiagnostics({
    port: 0,
    artifactsDir,
    drain: artifactsDir
      ? async () => {
          fillDisk(artifactsDir)
          return () => rmSync(join(artifactsDir, 'filler'))
        }
      : undefined,
  })
  const { port } = server.address() as AddressInfo
  process.stdout.write(`${JSON.stringify({ port, diagnosticsPort })}\n`)
}
