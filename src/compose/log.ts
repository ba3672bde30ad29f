import { type Logger, pino } from 'pino'
import { activeSpan } from '../telemetry/tracing/tracing.ts'

export interface LogSettings {
  level: string
  /** Lines were lost, because whoever reads the log takes them too slowly. */
  onDropped: () => void
}

export interface OpenLog {
  log: Logger
  /** Writes what waits, within a second. */
  close(): Promise<void>
}

/** What waits to be written, before lines are dropped. */
const WAITING_MAX_BYTES = 8 * 1024 * 1024
const CLOSE_TIMEOUT_MS = 1000

/** Fields that are never written, wherever they stand in an object, up to two levels down. */
const SECRET_FIELDS = [
  'authorization',
  'cookie',
  'token',
  'queue_pass',
  'queuePass',
  'signature',
  'secret',
  'password',
  '["x-queue-pass"]',
  '["x-floodgate-signature"]',
]

/**
 * What a secret looks like inside of a text, as in the message of an error: a JWT (three pieces of base64url, of which the first two are
 * JSON), the value behind Bearer or Basic, a webhook's signature, the password of a URL.
 */
const SECRET_TEXT =
  /\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*|\b(?:Bearer|Basic) [\w.~+/=-]{8,}|\bv1=[0-9a-f]{64}\b|(?<=:\/\/[^\s:/@"]{0,64}:)[^\s@/"]+(?=@)/g

/** Takes what looks like a secret out of a line that is about to be written. */
export function withoutSecrets(line: string): string {
  return line.replace(SECRET_TEXT, '[redacted]')
}

/**
 * The service's log: JSON, one line an event, to standard error, without waiting for whoever reads it. A line that is written inside of a
 * traced request carries its ids.
 */
export function openLog({ level, onDropped }: LogSettings): OpenLog {
  // Every line is at least one byte, so none waits; at 0 a flush would not wait for what is being written, and the last lines could change places.
  const destination = pino.destination({ dest: 2, sync: false, minLength: 1, maxLength: WAITING_MAX_BYTES })
  destination.on('drop', onDropped)
  // A reader that has gone is no reason to stop selling.
  destination.on('error', () => {})
  const log = pino(
    {
      level,
      redact: {
        paths: SECRET_FIELDS.flatMap((name) => [name, join('*', name), join('*.*', name)]),
        censor: '[redacted]',
      },
      mixin: traceFields,
      hooks: { streamWrite: withoutSecrets },
    },
    destination,
  )
  return { log, close: () => flush(destination) }
}

function join(path: string, field: string): string {
  return field.startsWith('[') ? path + field : `${path}.${field}`
}

function traceFields(): object {
  const span = activeSpan()
  if (span === undefined) return {}
  const { traceId, spanId } = span.spanContext()
  return { trace_id: traceId, span_id: spanId }
}

function flush(destination: ReturnType<typeof pino.destination>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, CLOSE_TIMEOUT_MS)
    destination.flush(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
