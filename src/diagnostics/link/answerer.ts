import { Refusal, refusalOf } from '../refusal.ts'
import type { Call, Cancel, Cost, Reply } from './protocol.ts'

/** Answers questions of one name. What it returns must be plain data (structured clone). */
export type Handler = (params: unknown, signal: AbortSignal) => unknown
export type Handlers = Readonly<Record<string, Handler>>

/** Runs a handler and finds what it cost. */
export type Measure = (work: () => unknown) => Promise<{ value: unknown; cost: Cost }>

export type Answerer = ReturnType<typeof makeAnswerer>

/**
 * The answering side: runs one handler for a question, and stops it when the question is taken back.
 * @param measure where it answers on a main thread
 */
export function makeAnswerer(
  handlers: Handlers,
  post: (reply: Reply) => void,
  { callsInFlight, replyMaxBytes }: { callsInFlight: number; replyMaxBytes: number },
  measure: Measure = async (work) => ({ value: await work(), cost: NOTHING }),
) {
  const running = new Map<number, AbortController>()

  async function answer({ id, process, name, params }: Call): Promise<void> {
    const reply = { kind: 'reply', id, process } as const
    const stop = new AbortController()
    try {
      const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined
      if (!handler)
        throw new Refusal({ status: 501, code: 'unknown_question', message: `${name} is not known` })
      if (running.size >= callsInFlight)
        throw new Refusal({ status: 503, code: 'too_busy', message: 'too many questions at a time' })
      running.set(id, stop)
      const { value, cost } = await measure(() => handler(params, stop.signal))
      if (stop.signal.aborted) return
      if (bytesIn(value) > replyMaxBytes)
        throw new Refusal({
          status: 507,
          code: 'too_large',
          message: `the answer is above ${replyMaxBytes} bytes`,
        })
      post({ ...reply, ok: true, value, cost })
    } catch (error) {
      if (!stop.signal.aborted) post({ ...reply, ok: false, refusal: refusalOf(error) })
    } finally {
      running.delete(id)
    }
  }

  return {
    async receive(message: Call | Cancel): Promise<void> {
      if (message.kind === 'call') return answer(message)
      running.get(message.id)?.abort(new Error('the question was taken back'))
    },
    stop(): void {
      for (const one of running.values()) one.abort(new Error('diagnostics are stopping'))
    },
  }
}

const NOTHING: Cost = { stallMs: 0, cpuMs: 0, peakBytes: 0 }

/** Of the large things only: byte arrays and strings, three levels down, which is where captures put them. */
function bytesIn(value: unknown, depth = 3): number {
  if (typeof value === 'string') return value.length
  if (value instanceof Uint8Array) return value.byteLength
  if (depth === 0 || typeof value !== 'object' || value === null) return 0
  return Object.values(value).reduce((sum: number, one) => sum + bytesIn(one, depth - 1), 0)
}
