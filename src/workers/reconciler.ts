import { makeLoop, type Part } from './loop.ts'
import type { ReconcileResult } from './reconcile.ts'

/** Asks again and again whether Redis may sell, and rebuilds it when it may not. `nudge` asks at once. */
export function makeReconciler(deps: {
  reconcile: (force: boolean) => Promise<ReconcileResult>
  intervalMs: number
  observer: { rebuilt(why: string): void }
  onError: (name: string, error: unknown) => void
}): Part & { nudge(): void } {
  return makeLoop({
    name: 'reconciler',
    idleMs: deps.intervalMs,
    maxPauseMs: 1000,
    onError: deps.onError,
    async step() {
      const result = await deps.reconcile(false)
      if (result.kind === 'rebuilt') deps.observer.rebuilt(result.why)
      if (result.kind === 'partly') throw result.away
      return 'idle'
    },
  })
}
