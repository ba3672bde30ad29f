import { Refusal } from '../refusal.ts'
import type { Call, Cancel, Cost, Reply } from './protocol.ts'

export interface CallOptions {
  timeoutMs: number
  signal?: AbortSignal | undefined
  /** Told what the answer cost, where the process says so. */
  onCost?: ((cost: Cost) => void) | undefined
}

export type Caller = ReturnType<typeof makeCaller>

/**
 * The asking side. Every question has a deadline, and of each process there are at most `callsInFlight`: many processes that are watched for
 * minutes do not keep others from being asked.
 */
export function makeCaller(
  post: (message: Call | Cancel) => void,
  { callsInFlight }: { callsInFlight: number },
) {
  /** What a reply settles: by process, then by question. */
  const pending = new Map<number, Map<number, (reply: Reply) => void>>()
  // Another in each life of the server thread, so that a late reply to the one before is nobody's.
  let lastId = Date.now() * 1000

  /** @throws Refusal of the process, `no_answer` after the deadline, `process_gone`, `too_busy`; the signal's reason */
  function ask(process: number, name: string, params: unknown, options: CallOptions) {
    const { timeoutMs, signal, onCost } = options
    return new Promise<unknown>((resolve, reject) => {
      signal?.throwIfAborted()
      const waiting = pending.get(process) ?? new Map<number, (reply: Reply) => void>()
      if (waiting.size >= callsInFlight) {
        const message = 'too many questions are waiting for the process'
        throw new Refusal({ status: 503, code: 'too_busy', message, headers: { 'retry-after': '1' } })
      }
      const id = ++lastId
      const end = () => {
        waiting.delete(id)
        if (waiting.size === 0) pending.delete(process)
        clearTimeout(timer)
        signal?.removeEventListener('abort', give)
      }
      const give = () => {
        end()
        post({ kind: 'cancel', id, process })
        reject(signal?.aborted ? signal.reason : noAnswer(process, timeoutMs))
      }
      const timer = setTimeout(give, timeoutMs)
      signal?.addEventListener('abort', give, { once: true })
      pending.set(process, waiting)
      waiting.set(id, (reply) => {
        end()
        if (!reply.ok) return reject(new Refusal(reply.refusal))
        if (reply.cost) onCost?.(reply.cost)
        resolve(reply.value)
      })
      try {
        post({ kind: 'call', id, process, name, params })
      } catch (error) {
        end()
        throw error
      }
    })
  }

  return {
    ask,
    /** Replies to questions that were given up are dropped. */
    receive: (reply: Reply) => pending.get(reply.process)?.get(reply.id)?.(reply),
    /** Nobody will answer for a process that has gone. */
    left(process: number): void {
      const refusal = { status: 503, code: 'process_gone', message: `worker ${process} has gone` }
      for (const [id, settle] of pending.get(process) ?? [])
        settle({ kind: 'reply', id, process, ok: false, refusal })
    },
  }
}

function noAnswer(process: number, timeoutMs: number): Refusal {
  const message = `worker ${process} did not answer within ${timeoutMs} ms`
  return new Refusal({ status: 504, code: 'no_answer', message })
}
