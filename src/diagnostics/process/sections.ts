import { reasonOf } from '../refusal.ts'
import { withoutSecrets } from '../without-secrets.ts'

/** The application's sections and what every Node process knows of itself; each section fails alone. */
export function sectionsOf(sections: Readonly<Record<string, () => unknown>>): Record<string, unknown> {
  const { user, system } = process.threadCpuUsage()
  const cpuSeconds = (user + system) / 1e6
  const result: Record<string, unknown> = {
    process: {
      pid: process.pid,
      node: process.version,
      v8: process.versions.v8,
      platform: `${process.platform} ${process.arch}`,
      uptimeSeconds: Math.round(process.uptime()),
      memoryBytes: { ...process.memoryUsage() },
      // Since the start, so that whoever asks twice has what was between. The event loop's own number takes each sample of a profiler for work.
      mainThread: { cpuSeconds, share: cpuSeconds / process.uptime() },
    },
  }
  for (const [name, read] of Object.entries(sections)) {
    try {
      result[name] = withoutSecrets(read())
    } catch (error) {
      result[name] = { failed: reasonOf(error) }
    }
  }
  return result
}
