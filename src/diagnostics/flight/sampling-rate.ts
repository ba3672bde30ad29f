import type { Ring } from './ring.ts'

/** At what rate a process was sampled last, for the manifest of what is kept of it; nothing where nothing is recorded. */
export function samplingRate(ring: Ring, worker: number): { samplingHertz?: number } {
  const window = ring.windowsSince(0).findLast((one) => one.worker === worker)
  return window ? { samplingHertz: window.rateHertz } : {}
}
