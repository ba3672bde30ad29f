/** Tells whoever watches the process which route its work is for, from the moment that the body is there to the last byte of the answer. */
import type { preValidationHookHandler } from 'fastify'
import type { Api } from './api.ts'

/** What watches the requests of one route. */
export interface RouteWatch {
  /** Does the rest of a request in the route's name. */
  within(rest: () => void): void
  /** A request has begun. @returns what says that it is over */
  begin(): () => void
}

/** Called once for each route, by its template. */
export type WatchRoute = (route: string) => RouteWatch

/** Call it before the routes are registered. */
export function watchRequests(app: Api, watchRoute: WatchRoute | undefined): void {
  if (watchRoute === undefined) return
  app.addHook('onRoute', (route) => {
    const { within, begin } = watchRoute(route.url)
    const watch: preValidationHookHandler = function watchRequest(_request, reply, done) {
      reply.raw.once('close', begin())
      within(done)
    }
    // The first hook behind the body: what a hook of the application does before the handler is the route's, too.
    const { preValidation = [] } = route
    route.preValidation = [watch, ...(Array.isArray(preValidation) ? preValidation : [preValidation])]
  })
}
