import { limits } from '../limits.ts'
import { withoutSecrets } from '../without-secrets.ts'
import { defineCapture } from './capture.ts'

/** Node's diagnostic report: stacks, heap, handles, libraries and limits; without network look-ups, and without secrets. */
export const report = defineCapture({
  name: 'report',
  route: '/debug/report',
  method: 'GET',
  scope: 'profile',
  where: 'every',
  params: {},
  shows: 'Node’s diagnostic report of every process: stacks, heap, handles, shared libraries, limits.',
  cost: '12 ms of CPU of the main thread in a small service; more with more handles.',

  async run() {
    const { measured } = await import('../process/measure.ts')
    return measured(() => {
      const reporter: NodeJS.ProcessReport & { excludeNetwork?: boolean } = process.report
      const before = reporter.excludeNetwork ?? false
      // It would ask the DNS for the names of all peers, and wait.
      reporter.excludeNetwork = true
      try {
        return readable(reporter.getReport() as unknown as NodeReport)
      } finally {
        reporter.excludeNetwork = before
      }
    })
  },

  finish(parts) {
    const reports = Object.fromEntries(parts.map(({ worker, value }) => [worker, value]))
    return { contentType: 'application/json', body: `${JSON.stringify({ workers: reports }, null, 1)}\n` }
  },
})

/** Of everything what looks like a secret is taken out. */
function readable(report: NodeReport): unknown {
  return withoutSecrets(withNamesOnly(report), limits.report)
}

interface NodeReport extends Record<string, unknown> {
  environmentVariables?: object
  /** Every thread's own report, with an environment of its own. */
  workers?: NodeReport[]
}

/** Names of the environment's variables only: their values may be secrets that look like none. */
function withNamesOnly({ environmentVariables = {}, workers, ...rest }: NodeReport): NodeReport {
  return {
    ...rest,
    environmentVariables: Object.keys(environmentVariables).sort(),
    ...(workers && { workers: workers.map(withNamesOnly) }),
  }
}
