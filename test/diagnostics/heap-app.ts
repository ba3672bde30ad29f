/** Holds, drops and wastes memory when it is told to: `GET /hold?mib=`, `/drop`, `/waste?mib=`. Tells its ports as the bare app does. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startDiagnostics } from '../../src/diagnostics/index.ts'

let held: object[] = []
let kept = 0

function holdMany(mib: number): void {
  // Some 100 bytes each.
  for (let i = 0; i < mib * 10_486; i++) held.push({ i, next: { i, text: `kept ${i}` } })
}

function wasteMany(mib: number): void {
  for (let i = 0; i < mib * 10_486; i++) kept += Object.keys({ i, next: { i, text: `gone ${i}` } }).length
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://here')
  const mib = Number(searchParams.get('mib') ?? 1)
  if (pathname === '/hold') holdMany(mib)
  if (pathname === '/drop') held = []
  if (pathname === '/waste') wasteMany(mib)
  response.end(`${held.length} ${kept}\n`)
})
server.listen(0, '127.0.0.1', async () => {
  const { port: diagnosticsPort } = await startDiagnostics({ port: 0 })
  const { port } = server.address() as AddressInfo
  process.stdout.write(`${JSON.stringify({ port, diagnosticsPort, pid: process.pid })}\n`)
})
