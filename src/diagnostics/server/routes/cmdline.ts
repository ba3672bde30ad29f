import { limits } from '../../limits.ts'
import { withoutSecrets } from '../../without-secrets.ts'
import type { Route } from '../route.ts'

/** The command line, arguments separated by NUL, as go tool pprof asks for it. */
export const cmdline: Route = {
  path: '/debug/pprof/cmdline',
  methods: { GET: 'profile' },
  async answer({ server, signal }) {
    const options = { timeoutMs: limits.questionTimeoutMs, signal }
    const words = await server.ask(0, 'cmdline', null, options)
    // As a list: the value of an argument may be the next word.
    const shown = withoutSecrets(words) as string[]
    return { contentType: 'text/plain; charset=utf-8', body: shown.join('\0') }
  },
}
