import { limits } from '../../limits.ts'
import { Refusal } from '../../refusal.ts'
import type { Reply, Request, Route } from '../route.ts'

/** The log level: GET tells it; PUT or POST changes it in every process (?level=, or {"level"} for a body). */
export const logLevel: Route = {
  path: '/debug/loglevel',
  methods: { GET: 'metrics', PUT: 'profile', POST: 'profile' },
  answer: (request) => (request.method === 'GET' ? tell(request) : change(request)),
}

async function tell({ server, signal }: Request): Promise<Reply> {
  const level = await server.ask(0, 'log-level', null, { timeoutMs: limits.questionTimeoutMs, signal })
  return json({ level })
}

async function change(request: Request): Promise<Reply> {
  const { server, signal, scope, remoteAddress } = request
  const level = request.query.get('level') ?? levelIn(await request.text())
  const options = { timeoutMs: limits.questionTimeoutMs, signal }
  const { parts, missing } = await server.askEvery('set-log-level', level, options)
  const before = parts.map(({ value }) => (value as { before: string }).before)[0]
  server.log('warn', { before, level, scope, remoteAddress }, 'log level changed')
  return json({ level, before, missing: missing.map(({ worker }) => worker) })
}

function levelIn(body: string): string {
  try {
    const { level } = JSON.parse(body) as { level?: unknown }
    if (typeof level === 'string') return level
  } catch {
    // Said below.
  }
  throw new Refusal({ status: 400, code: 'bad_level', message: 'give ?level= or {"level": "…"}' })
}

function json(body: object): Reply {
  return { contentType: 'application/json', body: `${JSON.stringify(body)}\n` }
}
