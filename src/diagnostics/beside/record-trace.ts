import type { Session } from 'node:inspector'
import { limits } from '../limits.ts'
import { pause } from '../pause.ts'
import { Refusal } from '../refusal.ts'

export interface Trace {
  /** JSON of events, separated by commas, as many as there is room for. */
  events: Uint8Array[]
  truncated: boolean
}

/** Trace events of the whole process. Node has one recording at a time. @throws Refusal trace_in_use; the signal's reason */
export async function recordTrace(categories: string[], forMs: number, signal: AbortSignal): Promise<Trace> {
  const { Session } = await import('node:inspector')
  const session = new Session()
  session.connectToMainThread()
  const trace: Trace = { events: [], truncated: false }
  let bytes = 0
  let heardMs = 0
  const full = new AbortController()
  session.on('NodeTracing.dataCollected', ({ params: { value } }) => {
    heardMs = performance.now()
    if (trace.truncated || value.length === 0) return
    const json = JSON.stringify(value)
    bytes += json.length
    if (bytes > limits.traceMaxBytes) {
      trace.truncated = true
      full.abort(new Error('enough'))
    } else trace.events.push(Buffer.from(json.slice(1, -1)))
  })
  try {
    await start(session, categories, signal)
    await pause(forMs, AbortSignal.any([signal, full.signal])).catch(() => signal.throwIfAborted())
    await stop(session, signal)
    // The last events come after the end was told.
    const endMs = performance.now() + limits.traceFlushMs
    heardMs = performance.now()
    while (performance.now() < endMs && performance.now() - heardMs < limits.traceQuietMs)
      await pause(limits.blockPollMs, signal)
  } finally {
    // Disconnecting ends the recording, too, also while the main thread does not answer.
    session.disconnect()
  }
  return trace
}

function start(session: Session, includedCategories: string[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    session.post('NodeTracing.start', { traceConfig: { includedCategories } }, (error) => {
      if (error)
        reject(
          new Refusal({
            status: 409,
            code: 'trace_in_use',
            message: `tracing cannot start: ${error.message}`,
          }),
        )
      else resolve()
    })
  })
}

function stop(session: Session, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    session.post('NodeTracing.stop', (error) => (error ? reject(error) : resolve()))
  })
}
