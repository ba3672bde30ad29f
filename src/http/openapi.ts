import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { Api } from './api.ts'
import { pageHeaders } from './page.ts'

/** The page runs on plain HTTP too, so nothing is upgraded; nothing comes from elsewhere; Swagger UI writes styles as it runs. */
const CONTENT_POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'self'; object-src 'none'; frame-ancestors 'none'"

/**
 * Collects the schemas of all routes that are registered after it into one OpenAPI 3.1 document, served at
 * /openapi.json and, as a page that loads nothing from elsewhere, at /docs.
 */
export function serveOpenApi(app: Api): void {
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Floodgate',
        version: '1',
        description:
          'Ticket booking for high-demand on-sales. Money is in minor units, times are RFC 3339 in UTC.',
      },
      tags: ['bookings', 'events', 'queue', 'payments', 'admin', 'health'].map((name) => ({ name })),
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        },
      },
    },
    transformObject: (made) => withOptionalBodies('openapiObject' in made ? made.openapiObject : {}),
  })
  app.register(async (docs) => {
    docs.addHook('onRequest', function guard(_request, reply, done) {
      reply.headers(pageHeaders)
      done()
    })
    await docs.register(swaggerUi, {
      routePrefix: '/docs',
      uiConfig: { validatorUrl: null },
      staticCSP: CONTENT_POLICY,
    })
  })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}

/** The generator calls every body required; one whose schema says `x-optional` may be left out. */
function withOptionalBodies<Document extends object>(document: Document): Document {
  const { paths = {} } = document as { paths?: Record<string, Record<string, Operation>> }
  for (const { requestBody } of Object.values(paths).flatMap((operations) => Object.values(operations)))
    if (requestBody?.content['application/json']?.schema['x-optional']) requestBody.required = false
  return document
}

interface Operation {
  requestBody?: { required?: boolean; content: Record<string, { schema: { 'x-optional'?: boolean } }> }
}
