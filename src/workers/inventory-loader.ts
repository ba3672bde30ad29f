import type { Catalogue, Inventory } from '../catalogue/ports.ts'
import { eachInTurn } from './each-in-turn.ts'
import { makeLoop, type Part } from './loop.ts'

const EVENTS_PER_STEP = 1000

/** What the loader compares: an event as PostgreSQL has it, and the version that Redis has (null: nothing; undefined: its server is away). */
export interface LoadState {
  eventId: string
  version: number
  hasUnloadedZones: boolean
  hasLoadedZones: boolean
  liveVersion: number | null | undefined
}

/**
 * Brings Redis up to the catalogue where the request that changed it could not: it died in between, or Redis was away. An
 * event that was loaded and is not there any more was lost; then all of Redis is doubted.
 */
export function makeInventoryLoader(deps: {
  compare: (afterEventId: string | null, limit: number) => Promise<LoadState[]>
  catalogue: Catalogue
  inventory: Inventory
  onLost: (eventId: string) => Promise<void>
  intervalMs: number
  onError: (name: string, error: unknown) => void
}): Part {
  let after: string | null = null

  async function bringUp(state: LoadState): Promise<void> {
    if (state.liveVersion === undefined) return
    if (state.liveVersion === null && state.hasLoadedZones) return deps.onLost(state.eventId)
    const old = state.liveVersion === null || state.liveVersion < state.version
    if (!old && !state.hasUnloadedZones) return
    const event = await deps.catalogue.refresh(state.eventId)
    if (event) await deps.inventory.loadMissing(event)
  }

  return makeLoop({
    name: 'inventory-loader',
    idleMs: deps.intervalMs,
    maxPauseMs: 5000,
    onError: deps.onError,
    async step() {
      const states = await deps.compare(after, EVENTS_PER_STEP)
      await eachInTurn(states, bringUp)
      after = states.length === EVENTS_PER_STEP ? (states.at(-1)?.eventId ?? null) : null
      return after === null ? 'idle' : 'more'
    },
  })
}
