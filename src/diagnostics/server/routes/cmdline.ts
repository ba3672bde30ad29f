import { limits } from '../../limits.ts'
import { REMOVED, withoutSecrets } from '../../without-secrets.ts'
import type { Route } from '../route.ts'

const SECRET_ARGUMENT = /^(--?[\w-]*(?:secret|token|passw|key|credential)[\w-]*=).+$/i

/** The command line, arguments separated by NUL, as go tool pprof asks for it. */
export const cmdline: Route = {
  path: '/debug/pprof/cmdline',
  methods: { GET: 'profile' },
  async answer({ server, signal }) {
    const options = { timeoutMs: limits.questionTimeoutMs, signal }
    const words = (await server.ask(0, 'cmdline', null, options)) as string[]
    const shown = words.map((word) => withoutSecrets(word.replace(SECRET_ARGUMENT, `$1${REMOVED}`)))
    return { contentType: 'text/plain; charset=utf-8', body: shown.join('\0') }
  },
}
