import { limits } from '../../limits.ts'
import type { Route } from '../route.ts'

/** What each process and the application's sections say of themselves, secrets removed, by worker. */
export const vars: Route = {
  path: '/debug/vars',
  methods: { GET: 'profile' },
  async answer({ server, signal }) {
    const options = { timeoutMs: limits.questionTimeoutMs, signal }
    const { parts, missing } = await server.askEvery('vars', null, options)
    const workers = Object.fromEntries(parts.map(({ worker, value }) => [worker, value]))
    const body = { workers, missing: missing.map(({ worker }) => worker) }
    return { contentType: 'application/json', body: `${JSON.stringify(body, null, 2)}\n` }
  },
}
