import type { Trace } from '../beside/record-trace.ts'
import { recordTrace } from '../beside/record-trace.ts'
import { limits } from '../limits.ts'
import { defineCapture, type Part } from './capture.ts'
import { choice, integer } from './params.ts'

const basic = [
  'v8',
  'node',
  'node.perf',
  'node.http',
  'node.fs.sync',
  'node.fs.async',
  'node.dns.native',
  'node.net.native',
  'node.threadpoolwork.async',
  'node.threadpoolwork.sync',
]
const categories = {
  basic,
  gc: [...basic, 'disabled-by-default-v8.gc'],
  async: [...basic, 'node.async_hooks', 'node.promises.rejections'],
}

/** Trace events of V8 and Node, for Perfetto or chrome://tracing: curl -o t.json http://HOST/debug/pprof/trace?seconds=5 */
export const trace = defineCapture({
  name: 'trace',
  route: '/debug/pprof/trace',
  method: 'GET',
  scope: 'profile',
  where: 'beside',
  params: {
    seconds: integer(1, limits.traceMaxSeconds, 1, 'How long to watch'),
    events: choice(['basic', 'gc', 'async'], 'basic', 'Which; `async` costs most'),
  },
  shows: 'Trace events of V8 and Node, loadable in Perfetto and chrome://tracing.',
  cost: 'Not measured for each event; the recording ends at 16 MiB of events.',
  durationMs: ({ seconds }) => seconds * 1000,

  async run({ seconds, events }, { signal }) {
    const value = await recordTrace(categories[events], seconds * 1000, signal)
    const peakBytes = value.events.reduce((sum, { byteLength }) => sum + byteLength, 0)
    return { value, cost: { stallMs: 0, cpuMs: 0, peakBytes } }
  },

  finish: (parts) => ({
    contentType: 'application/json',
    body: streamed(parts),
    fileName: 'trace.json',
    headers: parts.some(({ value }) => value.truncated) ? { 'x-diagnostics-truncated': 'true' } : {},
  }),
})

/** The object form of the trace event format; processes are told apart by their pid. */
async function* streamed(parts: readonly Part<Trace>[]): AsyncGenerator<Uint8Array> {
  yield Buffer.from('{"displayTimeUnit":"ms","traceEvents":[')
  let first = true
  for (const { value } of parts) {
    for (const chunk of value.events) {
      if (!first) yield Buffer.from(',\n')
      first = false
      yield chunk
    }
  }
  const truncated = parts.filter(({ value }) => value.truncated).map(({ worker }) => worker)
  yield Buffer.from(`],"metadata":{"truncatedWorkers":${JSON.stringify(truncated)}}}\n`)
}
