/**
 * A node:http server whose requests parse, hash, wait for a pool and answer, with the diagnostics mounted: `diagnostics-continuous-app.ts
 * [continuous]`. Its parent asks by IPC for the CPU that it took and the requests that it served. Started by fork.
 */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startDiagnostics, track, wait, withLabels } from '../../src/diagnostics/index.ts'

const body = JSON.stringify({
  seats: Array.from({ length: 60 }, (_, seat) => ({ seat, row: seat % 7, free: true })),
})
const routes = ['/reserve', '/confirm', '/position'].map((route) => ({ route }))
let requests = 0

const { port: diagnosticsPort } = await startDiagnostics({
  port: 0,
  continuous: process.argv[2] === 'continuous',
})

async function booked(seat: number): Promise<string> {
  const got = wait('pool')
  await new Promise((resolve) => setImmediate(resolve))
  got()
  const parsed = JSON.parse(body) as { seats: { seat: number; free: boolean }[] }
  const rest = parsed.seats.filter((one) => one.free && one.seat !== seat)
  const text = JSON.stringify({ seat, rest })
  return createHash('sha256').update(text).digest('hex')
}

const server = createServer((_request, response) => {
  const labels = routes[requests++ % routes.length] as { route: string }
  void withLabels(labels, async () => {
    const done = track('request', labels.route)
    response.end(await booked(requests % 60))
    done()
  })
})
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port, diagnosticsPort })
})
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpuMicros: user + system, requests })
})
process.on('disconnect', () => process.exit())
