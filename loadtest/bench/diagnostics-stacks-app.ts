/** A process that blocks its event loop again and again, for as long as it is told, with the diagnostics mounted. Started by fork. */
import { startDiagnostics } from '../../src/diagnostics/index.ts'

/** Between two blocks: the event loop turns, and beats. */
const PAUSE_MS = 50
/** Idle before the first block, so that its own price can be read. */
const IDLE_MS = 10_000

const { port } = await startDiagnostics({ port: 0 })

function blockingLoop(forMs: number): number {
  const endMs = performance.now() + forMs
  let sum = 0
  while (performance.now() < endMs) for (let index = 0; index < 1000; index++) sum += Math.sqrt(index)
  return sum
}

let timer: NodeJS.Timeout | undefined
function blockAgain(forMs: number): void {
  blockingLoop(forMs)
  timer = setTimeout(blockAgain, PAUSE_MS, forMs)
}

process.on('message', ({ forMs }: { forMs: number }) => {
  clearTimeout(timer)
  if (forMs > 0) blockAgain(forMs)
})
process.on('disconnect', () => process.exit())

// What starting took does not belong to it.
setTimeout(() => {
  const main = process.threadCpuUsage()
  const all = process.cpuUsage()
  setTimeout(() => {
    const mainMs = sum(process.threadCpuUsage(main))
    const besideMs = sum(process.cpuUsage(all)) - mainMs
    const perSecond = IDLE_MS / 1000
    process.send?.({ port, mainMsPerSecond: mainMs / perSecond, besideMsPerSecond: besideMs / perSecond })
  }, IDLE_MS)
}, 2000)

function sum({ user, system }: { user: number; system: number }): number {
  return (user + system) / 1000
}
