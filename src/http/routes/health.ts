import type { Api } from '../api.ts'
import type { HttpDeps } from '../deps.ts'
import { errors } from '../schemas/common.ts'
import { HealthBody, ReadyBody } from '../schemas/health.ts'

/** Health: the process answers, restart it when it does not. Ready: send it traffic. */
export function healthRoutes(
  api: Api,
  { readiness, isDraining }: Pick<HttpDeps, 'readiness' | 'isDraining'>,
): void {
  const about = { tags: ['health'] }

  api.get(
    '/health',
    {
      config: { work: 'probe' },
      schema: {
        ...about,
        summary: 'The process is alive',
        response: { 200: HealthBody },
      },
    },
    async () => ({ status: 'ok' }),
  )

  api.get(
    '/ready',
    {
      config: { work: 'probe' },
      schema: {
        ...about,
        summary: 'Every dependency by name; 503 when a required one is away or the process is stopping',
        response: { 200: ReadyBody, 503: ReadyBody, 504: errors['5xx'] },
      },
    },
    async (_request, reply) => {
      const dependencies = await readiness()
      const ready = Object.values(dependencies).every(({ ok, required }) => ok || !required)
      const status = isDraining() ? 'draining' : ready ? 'ready' : 'not_ready'
      return reply.code(status === 'ready' ? 200 : 503).send({ status, dependencies })
    },
  )
}
