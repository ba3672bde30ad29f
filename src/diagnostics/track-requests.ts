import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { track } from './in-flight.ts'

/**
 * Requests of a plain node:http server, from their head to the end of the answer. Frameworks know the route: there `track` in a hook is
 * better, and a name of a few routes rather than of every address.
 *
 * @param nameOf without it the method and the path, in which every part that holds a digit is `:id`
 */
export function trackRequests(
  server: Server,
  nameOf: (request: IncomingMessage) => string = plainName,
): () => void {
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    const done = track('request', nameOf(request))
    response.once('close', done)
  }
  server.prependListener('request', listener)
  return () => void server.off('request', listener)
}

function plainName({ method = '', url = '' }: IncomingMessage): string {
  const [path = ''] = url.split('?', 1)
  return `${method} ${path.replaceAll(/[^/]*\d[^/]*/g, ':id')}`
}
