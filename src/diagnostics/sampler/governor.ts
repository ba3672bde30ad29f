/**
 * Keeps what sampling costs within a budget: each minute the CPU that it took is reckoned as a share of one core; above the budget the
 * rate is halved, and after some minutes well below it is doubled again, one step at a time.
 */
import { limits } from '../limits.ts'
import type { Sampler, Window } from './sampler.ts'

export type Governor = ReturnType<typeof makeGovernor>

export function makeGovernor(sampler: Pick<Sampler, 'setSlowdown'>, bounds = limits.governor) {
  let slowdown = 1
  let costMs = 0
  let coveredMs = 0
  let calm = 0
  let throttles = 0
  let share = 0

  function halve(): void {
    calm = 0
    if (slowdown >= bounds.slowdownMax) return
    throttles++
    slowdown *= 2
    sampler.setSlowdown(slowdown)
  }

  function double(): void {
    calm = 0
    if (slowdown === 1) return
    slowdown /= 2
    sampler.setSlowdown(slowdown)
  }

  return {
    /** Every window, whoever asked for it. */
    add({ startedMs, endedMs, rateHertz, cpuMs }: Window): void {
      const lastedMs = Math.max(0, endedMs - startedMs)
      coveredMs += lastedMs
      costMs += cpuMs + ((rateHertz * lastedMs) / 1000) * (bounds.sampleMicros / 1000)
      if (coveredMs < bounds.everyMs) return
      share = costMs / coveredMs
      costMs = 0
      coveredMs = 0
      if (share > bounds.budget) halve()
      // Twice the rate costs twice as much at most: it must fit, with room.
      else if (share < bounds.budget / 3) {
        if (++calm >= bounds.calmMinutes) double()
      } else calm = 0
    },
    /** Of the last minute, of one core. */
    share: () => share,
    throttles: () => throttles,
  }
}
