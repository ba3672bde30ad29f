/**
 * Keeps a service's processes running: starts them group by group, replaces what dies, exchanges them one at a time without a pause in
 * service, and stops them in reverse. It knows nothing of what they do but that each says when it is ready (join.ts), and holds no
 * connection of its own. When it is killed, each process notices that the channel has closed and stops in order.
 */
import { type BackOff, usualBackOff } from './back-off.ts'
import type { Member } from './member.ts'
import { makePlace, type Place, type PlaceObserver, type PlaceState } from './place.ts'

export interface Group {
  /** For people: `api`. */
  name: string
  count: number
  launch: () => Member
}

export interface SupervisorOptions {
  /** In the order in which they start. The processes of a group start beside each other. */
  groups: readonly Group[]
  startTimeoutMs: number
  killGraceMs: number
  backOff?: BackOff
  observer: PlaceObserver
}

export interface Processes {
  /**
   * Resolves when every process is ready, to where the first of the last group listens.
   *
   * @throws CannotStart when one is not; the others have been stopped then
   */
  start(): Promise<string | null>
  /**
   * A rolling restart: each process is replaced when its successor is ready. It ends at the first that does not get ready. Asked for
   * during one, it is done once more afterwards.
   */
  restart(order: { drainMs: number; withinMs: number }): Promise<RestartOutcome>
  /** Stops the groups one after the other, the last one first; whatever is late is killed. */
  stop(withinMs: number): Promise<void>
  /** kill -9 for all. */
  kill(): void
  look(): { name: string; state: PlaceState; pid: number | null; deaths: number }[]
}

export type RestartOutcome =
  | { kind: 'restarted'; processes: number }
  | { kind: 'cut_short'; place: string; why: string }

export class CannotStart extends Error {
  override readonly name = 'CannotStart'
}

/** However late it is, a process may finish what it is at for so long. */
const LEAST_STOP_MS = 1000

export function makeSupervisor(options: SupervisorOptions): Processes {
  const { startTimeoutMs, killGraceMs, observer, backOff = usualBackOff } = options
  const groups = options.groups.map(({ name, count, launch }) =>
    Array.from({ length: count }, (_, i) =>
      makePlace({
        name: count > 1 ? `${name} ${i + 1}` : name,
        launch,
        startTimeoutMs,
        killGraceMs,
        backOff,
        observer,
      }),
    ),
  )
  const places = groups.flat()
  let restarting: Promise<RestartOutcome> | null = null
  let next: Promise<RestartOutcome> | null = null

  async function stop(withinMs: number): Promise<void> {
    const endMs = performance.now() + withinMs
    // A signal to the whole process group ends those whose turn comes later as well: they are not to be replaced.
    for (const place of places) place.close()
    for (const group of [...groups].reverse()) {
      const leftMs = Math.max(LEAST_STOP_MS, endMs - performance.now())
      await Promise.all(group.map((place) => place.stop(leftMs)))
    }
  }

  async function round(order: { drainMs: number; withinMs: number }): Promise<RestartOutcome> {
    for (const place of places) {
      const filled = await place.replace(order)
      if (filled.kind === 'failed') return { kind: 'cut_short', place: place.name, why: filled.why }
    }
    return { kind: 'restarted', processes: places.length }
  }

  function restart(order: { drainMs: number; withinMs: number }): Promise<RestartOutcome> {
    if (restarting === null) {
      restarting = round(order).finally(() => {
        restarting = null
      })
      return restarting
    }
    next ??= restarting.then(() => {
      next = null
      return restart(order)
    })
    return next
  }

  return {
    async start() {
      let address: string | null = null
      for (const group of groups) {
        const filled = await Promise.all(group.map(fill))
        const failed = filled.find(({ outcome }) => outcome.kind === 'failed')
        if (failed?.outcome.kind === 'failed') {
          await stop(LEAST_STOP_MS)
          throw new CannotStart(`the ${failed.name} process cannot start: ${failed.outcome.why}`)
        }
        const [first] = filled
        if (first?.outcome.kind === 'ready') address = first.outcome.address
      }
      return address
    },
    restart,
    stop,
    kill() {
      for (const place of places) place.kill()
    },
    look: () => places.map((place) => place.look()),
  }
}

async function fill(place: Place) {
  return { name: place.name, outcome: await place.fill() }
}
