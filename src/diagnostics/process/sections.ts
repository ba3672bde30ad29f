import { performance } from 'node:perf_hooks'
import { withoutSecrets } from '../without-secrets.ts'

/** The application's sections and what every Node process knows of itself; each section fails alone. */
export function sectionsOf(sections: Readonly<Record<string, () => unknown>>): Record<string, unknown> {
  const utilization = performance.eventLoopUtilization()
  const result: Record<string, unknown> = {
    process: {
      pid: process.pid,
      node: process.version,
      v8: process.versions.v8,
      platform: `${process.platform} ${process.arch}`,
      uptimeSeconds: Math.round(process.uptime()),
      memoryBytes: { ...process.memoryUsage() },
      eventLoopUtilization: utilization.utilization,
    },
  }
  for (const [name, read] of Object.entries(sections)) {
    try {
      result[name] = withoutSecrets(read())
    } catch (error) {
      result[name] = { failed: error instanceof Error ? error.message : String(error) }
    }
  }
  return result
}
