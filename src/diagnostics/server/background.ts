import { tidyArtifacts } from '../artifacts/tidying.ts'
import { watchRules } from '../rules/watch.ts'
import type { ServerSide } from './side.ts'

/** Work that goes on on the server thread. @returns how to end it */
export type ServerBackground = (side: ServerSide) => () => void | Promise<void>

/** One line for each. */
const background: readonly ServerBackground[] = [tidyArtifacts, watchRules]

export function startServerBackground(side: ServerSide): () => Promise<void> {
  const stops = background.map((start) => start(side))
  return async () => {
    await Promise.allSettled(stops.map((stop) => stop()))
  }
}
