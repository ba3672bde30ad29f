import { countStatements, track, withLabels } from '../diagnostics/index.ts'
import type { WatchRoute } from '../http/watch-requests.ts'

/** Samples of the CPU carry the route, what is in flight is listed by it, and the statements of a request are counted. */
export const watchRoute: WatchRoute = (route) => {
  const labels = { route }
  return {
    within: (rest) => withLabels(labels, () => countStatements(route, rest)),
    begin: () => track('request', route),
  }
}
