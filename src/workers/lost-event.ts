import type { ReconcileResult } from './reconcile.ts'

/**
 * Looks after an event that PostgreSQL says was loaded and that somebody found missing in Redis. In the midst of a rebuild, as an admin may ask for,
 * everything is missing for a moment: lost is what is missing in a Redis that is sound, and then all of Redis is doubted.
 */
export function makeLookAfterLost(deps: {
  reconcile: (force: boolean) => Promise<ReconcileResult>
  /** null: Redis has nothing of it; undefined: its server is away. */
  liveVersion: (eventId: string) => Promise<number | null | undefined>
  onLost: (eventId: string) => void
}): (eventId: string) => Promise<void> {
  return async (eventId) => {
    const { kind } = await deps.reconcile(false)
    if (kind === 'elsewhere' || kind === 'rebuilt') return
    if ((await deps.liveVersion(eventId)) !== null) return
    deps.onLost(eventId)
    await deps.reconcile(true)
  }
}
