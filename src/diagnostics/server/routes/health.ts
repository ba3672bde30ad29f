import { limits } from '../../limits.ts'
import type { CheckResult } from '../../process/checks.ts'
import { Refusal } from '../../refusal.ts'
import type { Route } from '../route.ts'

/**
 * Whether the processes answer, and their checks hold; 503 otherwise. A probe needs no token and learns no more than that; with one the
 * checks are listed.
 */
export const health: Route = {
  path: '/health',
  methods: { GET: 'open' },
  async answer({ server, signal, scope }) {
    const options = { timeoutMs: limits.questionTimeoutMs, signal }
    const answers = await server.askEvery('checks', null, options).catch((error) => {
      if (!(error instanceof Refusal)) throw error
      return null
    })
    const checks = (answers?.parts ?? []).flatMap(({ worker, value }) =>
      (value as CheckResult[]).map((result) => ({ worker, ...result })),
    )
    const silent = answers ? answers.missing.map(({ worker }) => worker) : [...server.members()]
    const status = silent.length > 0 ? 'blocked' : checks.every(({ ok }) => ok) ? 'alive' : 'failing'
    const body = { status, ...(scope === null ? {} : { checks, silent }) }
    return {
      status: status === 'alive' ? 200 : 503,
      contentType: 'application/json',
      body: `${JSON.stringify(body)}\n`,
    }
  },
}
