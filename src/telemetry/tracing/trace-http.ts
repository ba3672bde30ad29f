import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_URL_PATH,
  ATTR_URL_SCHEME,
  ATTR_USER_AGENT_ORIGINAL,
} from '@opentelemetry/semantic-conventions'
import { contextOf, textOfSpan } from './span-context.ts'
import { beginSpan, type Tracing } from './tracing.ts'

/** A caller may put a token where an id belongs. */
const JWT = /eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g

interface Incoming {
  method: string
  route: string | null
  path: string
  headers: Readonly<Record<string, string | string[] | undefined>>
  parent: string | null
}

/** `user.id` is not stable in the conventions' package. */
const ATTR_USER_ID = 'user.id'

/** Chooses which requests are traced, and makes their server spans: see the HTTP conventions of OpenTelemetry. */
export function makeHttpTracing({ tracer, sample }: Tracing) {
  if (tracer === null) return null
  return {
    chooses: (parent: string | null) =>
      sample(parent === null ? null : (Number.parseInt(parent.slice(53, 55), 16) & 1) === 1),

    begin({ method, route, path, headers, parent }: Incoming) {
      const userAgent = headers['user-agent']
      const { span, inside } = beginSpan(
        tracer,
        route === null ? method : `${method} ${route}`,
        {
          kind: SpanKind.SERVER,
          attributes: {
            [ATTR_HTTP_REQUEST_METHOD]: method,
            [ATTR_URL_PATH]: path.replace(JWT, '[redacted]'),
            [ATTR_URL_SCHEME]: 'http',
            ...(route !== null && { [ATTR_HTTP_ROUTE]: route }),
            ...(typeof userAgent === 'string' && { [ATTR_USER_AGENT_ORIGINAL]: userAgent }),
          },
        },
        parent === null ? ROOT_CONTEXT : contextOf(parent),
      )
      let ended = false
      return {
        context: textOfSpan(span),
        run: (rest: () => void) => context.with(inside, rest),
        end(statusCode: number | null, userId: string | null) {
          if (ended) return
          ended = true
          if (userId !== null) span.setAttribute(ATTR_USER_ID, userId)
          if (statusCode === null) span.setAttribute(ATTR_ERROR_TYPE, 'caller_left')
          else span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, statusCode)
          if (statusCode !== null && statusCode >= 500) {
            span.setAttribute(ATTR_ERROR_TYPE, String(statusCode))
            span.setStatus({ code: SpanStatusCode.ERROR })
          }
          span.end()
        },
      }
    },
  }
}
