import { randomBytes } from 'node:crypto'
import { Type } from 'typebox'
import type { Api } from './api.ts'
import type { Role } from './identity.ts'
import { errors } from './schemas/common.ts'

/** Signs an access token for whoever asks. */
export type DemoTokens = (user: string, role: Role) => string

/**
 * `POST /demo/token`: a token for the asking, so that the page works without a command line. It is there only where the
 * signing secret is the public one, with which anybody can sign a token anyway; the configuration sees to that.
 */
export function demoTokenRoute(app: Api, sign: DemoTokens): void {
  app.post(
    '/demo/token',
    {
      schema: {
        hide: true,
        body: Type.Object({
          user: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$' })),
          role: Type.Union([Type.Literal('customer'), Type.Literal('organizer'), Type.Literal('admin')]),
        }),
        response: { 201: Type.Object({ token: Type.String(), user: Type.String() }), ...errors },
      },
    },
    async (request, reply) => {
      const { role, user = `${role === 'customer' ? 'guest' : role}-${randomBytes(3).toString('hex')}` } =
        request.body
      return reply
        .code(201)
        .header('Cache-Control', 'no-store')
        .send({ token: sign(user, role), user })
    },
  )
}
