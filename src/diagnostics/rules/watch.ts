import type { ServerBackground } from '../server/background.ts'
import type { ServerSide } from '../server/side.ts'
import type { Entry } from './book.ts'
import { fire } from './fire.ts'
import { step } from './machine.ts'
import { readingOf } from './value.ts'

const LOOK_BACK_MS = 65_000

/** Looks at every rule each second, on the server thread: a blocked main thread does not keep it from it. */
export const watchRules: ServerBackground = (server) => {
  const { rules } = server
  if (!rules || rules.entries.length === 0) return () => {}
  let loaded = false
  const firing = new Set<Entry>()
  // One after the other: each takes memory for a minute of all processes.
  let last: Promise<void> = rules.load().finally(() => {
    loaded = true
  })

  const timer = setInterval(() => {
    if (!loaded) return
    const nowMs = Date.now()
    const seconds = ofMembers(server, nowMs - LOOK_BACK_MS)
    for (const entry of rules.entries) {
      entry.value = readingOf(entry.rule, seconds, nowMs)
      const fires = step(entry.rule, entry.state, entry.value?.value ?? null, nowMs)
      if (!fires || firing.has(entry)) continue
      firing.add(entry)
      const { value } = entry
      last = last.then(() => fire(server, entry, value, nowMs)).finally(() => firing.delete(entry))
    }
  }, 1000)
  timer.unref()
  return () => clearInterval(timer)
}

/** A worker that has gone is not blocked. */
function ofMembers({ recorder, members }: ServerSide, sinceMs: number) {
  const there = members()
  return recorder.ring.secondsSince(sinceMs).filter(({ worker }) => there.includes(worker))
}
