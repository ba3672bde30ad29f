import { archiveOf, take } from '../flight/archive.ts'
import { flush } from '../flight/flush.ts'
import { samplingRate } from '../flight/sampling-rate.ts'
import { limits } from '../limits.ts'
import { refusalOf } from '../refusal.ts'
import type { ServerSide } from '../server/side.ts'
import type { Entry } from './book.ts'
import { blockFiles, untilBlockIsRecorded } from './evidence.ts'
import { explanationOf } from './explanation.ts'
import type { Value } from './value.ts'
import { verdictOf } from './verdict.ts'
import { type Witness, witnessOf } from './witness.ts'

/**
 * Keeps the minute before. Of a process that is blocked what is known is kept at once, for it may be killed; when it comes back soon the
 * artifact is replaced by one that holds the block itself.
 */
export async function fire(
  server: ServerSide,
  entry: Entry,
  value: Value | null,
  firedMs: number,
): Promise<void> {
  const { rule } = entry
  const at = new Date(firedMs).toISOString()
  const name = `flight-${rule.name}-${at.replaceAll(/[-:.]/g, '')}.tar.gz`
  const worker = value?.worker ?? 0
  const reached = value ? `${rounded(value.value)}${value.route ? ` (${value.route})` : ''}` : 'unknown'
  const why = `${rule.metric} of worker ${worker} was ${reached}, above ${rule.above} for ${rule.forSeconds} s`
  let garbageShare = 0
  try {
    // The next restart must know of it even when what follows is what kills the process.
    await server.rules?.save()
    const untilMs = firedMs + limits.rules.completeWithinMs
    for (let first = true; ; first = false) {
      if (!first) await new Promise((resolve) => setTimeout(resolve, limits.flight.flushMs))
      const missing = await flush(server)
      const known = missing.length === 0
      if (!first && !known && Date.now() < untilMs) continue
      if (!first && known) await untilBlockIsRecorded(server, worker, firedMs)
      if (first || known) await keep(missing)
      if (known || Date.now() >= untilMs) break
    }
    // What the service says of its number is of this moment; watching takes seconds.
    const explained = await explanationOf(server, rule, worker)
    const { sentence, files } = await witnessOf(server, { rule, worker, garbageShare })
    const more = { sentence: explained + sentence, files }
    if (more.sentence !== '' || more.files.length > 0) await keep([], more)
  } catch (error) {
    const { message } = refusalOf(error)
    entry.last = { artifact: null, verdict: `nothing was kept: ${message}`, at }
    server.log('warn', { rule: rule.name, why: message }, 'diagnostics rule fired, nothing was kept')
  }

  async function keep(
    missing: readonly number[],
    more: Witness = { sentence: '', files: [] },
  ): Promise<void> {
    const fromMs = firedMs - 60_000 - rule.forSeconds * 1000
    const taken = take(server.recorder.ring, fromMs, Date.now())
    const own = taken.windows.filter((window) => window.worker === worker)
    const during = own.filter(({ endedMs }) => endedMs > firedMs - Math.max(1, rule.forSeconds) * 1000)
    const blocked = missing.includes(worker)
    const seen = await verdictOf(
      blocked ? `${why} (the running window is missing: it does not answer)` : why,
      during.length > 0 ? during : own.slice(-1),
    )
    garbageShare = seen.garbageShare
    const verdict = seen.sentence + more.sentence
    const from = new Date(fromMs).toISOString()
    const about = { kind: 'flight', trigger: rule.name, rule, value, verdict, from, to: at, missing }
    const archive = await archiveOf(taken, about, [
      ...(await blockFiles(server, worker, fromMs)),
      ...more.files,
    ])
    const { revision } = server.config
    const known = { ...(revision ? { revision } : {}), ...samplingRate(server.recorder.ring, worker) }
    await server.artifacts?.put({ name, kind: 'flight', trigger: rule.name, verdict, ...known }, archive)
    entry.last = { artifact: server.artifacts ? name : null, verdict, at }
    await server.rules?.save()
    server.log('warn', { rule: rule.name, artifact: name, verdict }, 'diagnostics rule fired')
  }
}

function rounded(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
