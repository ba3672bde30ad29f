/** A collector: takes OTLP over HTTP as protobuf, and keeps the spans. It can be slow, refuse, or take nothing at all. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import protobuf from 'protobufjs'
import type { Cleanup } from '../support/restartable.ts'

export interface ReceivedSpan {
  traceId: string
  spanId: string
  /** '' for the root of a trace. */
  parentSpanId: string
  traceState: string
  name: string
  kind: string
  status: string
  attributes: Record<string, string | number | boolean>
  links: { traceId: string; spanId: string }[]
  resource: Record<string, string | number | boolean>
}

export interface Collector {
  url: string
  spans: ReceivedSpan[]
  /** How posts are answered from now on; `hang` takes them and never answers. */
  behave(how: 'take' | 'refuse' | 'hang'): void
  posts(): number
}

const proto = await protobuf.load(new URL('trace.proto', import.meta.url).pathname)
const request = proto.lookupType('opentelemetry.ExportTraceServiceRequest')

export async function openCollector(t: Cleanup): Promise<Collector> {
  const spans: ReceivedSpan[] = []
  let how: 'take' | 'refuse' | 'hang' = 'take'
  let posts = 0

  async function receive(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(message)
    posts++
    if (how === 'hang') return
    if (how === 'refuse' || message.url !== '/v1/traces') return void response.writeHead(400).end()
    spans.push(...spansOf(message.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body))
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
  }

  const server = createServer((message, response) => void receive(message, response).catch(() => {}))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    posts: () => posts,
    behave(next) {
      how = next
    },
  }
}

interface Value {
  stringValue?: string
  intValue?: string
  boolValue?: boolean
  doubleValue?: number
  arrayValue?: { values: Value[] }
}
type KeyValues = { key: string; value: Value }[]

interface WireSpan {
  traceId: string
  spanId: string
  parentSpanId: string
  traceState: string
  name: string
  kind: string
  status?: { code?: string }
  attributes: KeyValues
  links: { traceId: string; spanId: string }[]
}

function spansOf(body: Buffer): ReceivedSpan[] {
  const { resourceSpans } = request.toObject(request.decode(body), {
    bytes: String,
    longs: String,
    enums: String,
    defaults: true,
    arrays: true,
  }) as { resourceSpans: { resource: { attributes: KeyValues }; scopeSpans: { spans: WireSpan[] }[] }[] }
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap((scope) =>
      scope.spans.map((span) => ({
        traceId: hex(span.traceId),
        spanId: hex(span.spanId),
        parentSpanId: hex(span.parentSpanId),
        traceState: span.traceState,
        name: span.name,
        kind: span.kind,
        status: span.status?.code ?? 'UNSET',
        attributes: attributesOf(span.attributes),
        links: span.links.map((link) => ({ traceId: hex(link.traceId), spanId: hex(link.spanId) })),
        resource: attributesOf(resource.attributes),
      })),
    ),
  )
}

function hex(base64: string): string {
  return Buffer.from(base64, 'base64').toString('hex')
}

function attributesOf(attributes: KeyValues): Record<string, string | number | boolean> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => {
      if (value.stringValue !== undefined) return [key, value.stringValue]
      if (value.intValue !== undefined) return [key, Number(value.intValue)]
      if (value.arrayValue !== undefined) return [key, JSON.stringify(value.arrayValue.values)]
      return [key, value.boolValue ?? value.doubleValue ?? '']
    }),
  )
}
