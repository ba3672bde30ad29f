import { defineCapture } from './capture.ts'

/** How often, how long in all and how long at worst garbage was collected, by kind. */
export const gc = defineCapture({
  name: 'gc',
  route: '/debug/gc',
  method: 'GET',
  scope: 'profile',
  where: 'every',
  params: {},
  shows: 'Garbage collections by kind: since the first question, and in the last minute.',
  cost: 'Some 0.12 ms of CPU a collection, nearly all of it Node’s own, from the first question on.',

  async run() {
    const { garbageStatistics } = await import('../heap/garbage-statistics.ts')
    return { value: garbageStatistics(), cost: { stallMs: 0, cpuMs: 0, peakBytes: 0 } }
  },

  finish(parts) {
    const workers = Object.fromEntries(
      parts.map(({ worker, value: { sinceMs, ...rest } }) => [
        worker,
        { since: new Date(sinceMs).toISOString(), ...rest },
      ]),
    )
    return { contentType: 'application/json', body: `${JSON.stringify({ workers }, null, 1)}\n` }
  },
})
