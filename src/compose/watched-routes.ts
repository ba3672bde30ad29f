import { track, withLabels } from '../diagnostics/index.ts'
import type { WatchRoute } from '../http/watch-requests.ts'

/** Samples of the CPU carry the route, and what is in flight is listed by it. One object a route: nothing is made for a request. */
export const watchRoute: WatchRoute = (route) => {
  const labels = { route }
  return {
    within: (rest) => withLabels(labels, rest),
    begin: () => track('request', route),
  }
}
