import { Unavailable } from '../pipeline/unavailable.ts'
import { makeDeadlines } from './deadlines.ts'
import { refusalOf } from './refusal.ts'
import { Unreconciled } from './unreconciled.ts'

export interface GuardSettings {
  /** Deadline of one command, or of several that are sent together. */
  commandTimeoutMs: number
  /** Commands that may be under way at a time; more are refused at once. */
  maxInFlight: number
  /** Failures in a row after which commands are refused without being sent. */
  failuresToOpen: number
  /** For how long they are refused before one is tried again. */
  openMs: number
}

export interface Guard {
  run<T>(send: () => Promise<T>): Promise<T>
  inFlight(): number
  stop(): void
}

export interface GuardObserver {
  /** It answers and may not sell. */
  onUnreconciled(): void
  /** It did not answer, or said that it is not the one to ask. */
  onAway(): void
}

/** Answers of a server that is up but cannot take the command now. */
const AWAY =
  /^(LOADING|READONLY|OOM|MISCONF|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|UNBLOCKED|MOVED|ASK)/

/**
 * Keeps requests from piling up behind a Redis that is away: a deadline, a bound on the commands under way, and a breaker
 * that opens after failures in a row, so that callers get their 503 at once instead of after a time-out each.
 */
export function makeGuard(settings: GuardSettings, { onUnreconciled, onAway }: GuardObserver): Guard {
  const deadlines = makeDeadlines(
    settings.commandTimeoutMs,
    () => new Error(`no answer within ${settings.commandTimeoutMs} ms`),
  )
  let inFlight = 0
  let failures = 0
  let openUntilMs = 0

  return {
    inFlight: () => inFlight,
    stop: () => deadlines.stop(),
    async run(send) {
      if (inFlight >= settings.maxInFlight) throw new Unavailable('redis (too many commands under way)')
      if (failures >= settings.failuresToOpen) {
        if (performance.now() < openUntilMs) throw new Unavailable('redis')
        // Half-open: this one is the trial; the others go on being refused until it is back.
        openUntilMs = performance.now() + settings.openMs
      }
      inFlight++
      try {
        const reply = await deadlines.limit(send())
        failures = 0
        return reply
      } catch (error) {
        throw translate(error)
      } finally {
        inFlight--
      }
    },
  }

  function translate(error: unknown): unknown {
    // A defect is not an outage.
    if (!(error instanceof Error) || error instanceof TypeError) return error
    if (error instanceof Unreconciled) {
      // It answers; that it may not sell is for the reconciler, not for the breaker.
      failures = 0
      onUnreconciled()
      return error
    }
    if (error.name !== 'ReplyError') {
      failures++
      onAway()
      if (failures >= settings.failuresToOpen) openUntilMs = performance.now() + settings.openMs
      return new Unavailable('redis', { cause: error })
    }
    failures = 0
    if (error.message.startsWith('NOSCRIPT')) {
      onUnreconciled()
      return new Unreconciled('its scripts are not loaded', error)
    }
    const refusal = refusalOf(error)
    if (refusal) return refusal
    if (!AWAY.test(error.message)) return error
    onAway()
    return new Unavailable('redis', { cause: error })
  }
}
