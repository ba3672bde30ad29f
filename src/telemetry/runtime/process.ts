import { readdirSync } from 'node:fs'
import type { RuntimeMetrics } from '../runtime-metrics.ts'
import { whenAsked } from '../when-asked.ts'

type Process = Pick<
  RuntimeMetrics,
  'cpuSeconds' | 'openFiles' | 'startTime' | 'nodeVersion' | 'activeResources'
>

/** Types that Node gives; what a later one adds is counted together. */
const RESOURCES = [
  ...['TCPServerWrap', 'TCPSocketWrap', 'PipeWrap', 'Timeout', 'Immediate', 'TTYWrap', 'ProcessWrap'],
  ...['MessagePort', 'Worker', 'FSReqCallback', 'FSReqPromise', 'GetAddrInfoReqWrap', 'TLSWrap', 'other'],
]
const known = new Set(RESOURCES)

/** Read when somebody asks. */
export function collectProcess(metrics: Process): void {
  metrics.startTime.set(Math.round(Date.now() / 1000 - process.uptime()))
  metrics.nodeVersion.set({ version: process.version }, 1)
  let lastUser = 0
  let lastSystem = 0
  whenAsked(metrics.cpuSeconds, () => {
    const { user, system } = process.cpuUsage()
    metrics.cpuSeconds.inc({ mode: 'user' }, (user - lastUser) / 1e6)
    metrics.cpuSeconds.inc({ mode: 'system' }, (system - lastSystem) / 1e6)
    lastUser = user
    lastSystem = system
  })
  whenAsked(metrics.openFiles, () => metrics.openFiles.set(openFiles()))
  whenAsked(metrics.activeResources, () => {
    const counts = new Map(RESOURCES.map((type) => [type, 0]))
    for (const type of process.getActiveResourcesInfo()) {
      const name = known.has(type) ? type : 'other'
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    for (const [type, count] of counts) metrics.activeResources.set({ type }, count)
  })
}

/** Of Linux; elsewhere 0. */
function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return 0
  }
}
