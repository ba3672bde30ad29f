/** One's position as it moves, as server-sent events. */
import type { FastifyReply } from 'fastify'
import type { LiveUpdate } from '../../queue/live-positions.ts'
import { readyView } from '../answers/queue.ts'
import type { Api } from '../api.ts'
import { authenticated, identityOf } from '../auth.ts'
import type { HttpDeps } from '../deps.ts'
import { type EventStream, makeEventStreams } from '../event-stream.ts'
import { refuse, refuseForNow } from '../refuse.ts'
import { bearer, errors } from '../schemas/common.ts'
import { EventParams, PositionStream } from '../schemas/queue.ts'
import { notInQueue } from './queue.ts'

/** Streams that one person may hold in a process: some tabs, and a reconnection that came before the old one was missed. */
const STREAMS_PER_USER = 4
/** Readers of a process that ends come back to the others over this time. */
const RECONNECT_SPREAD_MS = 5000

type Deps = Pick<HttpDeps, 'queue' | 'queueTokens' | 'verifyToken' | 'settings' | 'streams'>

export function queueStreamRoute(api: Api, deps: Deps): void {
  const { queue, queueTokens, settings } = deps
  const streams = makeEventStreams({ dropped: deps.streams.dropped })
  deps.streams.count(() => streams.size())
  const ofUser = new Map<string, number>()
  let closing = false

  // Before the server waits for its connections: these would never end by themselves.
  api.addHook('preClose', (done) => {
    closing = true
    streams.endAll('closed', '{"reason":"shutdown","reconnect":true}', RECONNECT_SPREAD_MS)
    streams.stop()
    done()
  })

  api.get(
    '/queue/position/:event_id/stream',
    {
      onRequest: authenticated(deps.verifyToken),
      config: { work: 'stream' },
      schema: {
        tags: ['queue'],
        security: bearer,
        summary: 'Your position as it moves: server-sent events position, ready and closed',
        params: EventParams,
        response: { 200: PositionStream, ...errors },
      },
    },
    async (request, reply) => {
      const eventId = request.params.event_id.toLowerCase()
      const { userId } = identityOf(request)
      if (closing || streams.size() >= settings.QUEUE_STREAMS_MAX)
        return refuseForNow(reply, 'OVERLOADED', 'this process has no room for another stream', 2)
      if ((ofUser.get(userId) ?? 0) >= STREAMS_PER_USER)
        return refuse(reply, 'TOO_MANY_REQUESTS', `at most ${STREAMS_PER_USER} streams a person`)
      const first = await queue.places.position(eventId, userId)
      if (first.kind === 'gone' || first.kind === 'not_in_queue') return notInQueue(reply, first)
      // The reader may have left while the store was asked.
      if (request.raw.destroyed && !request.raw.complete) return reply.hijack()

      const lastEventId = request.headers['last-event-id']
      ofUser.set(userId, (ofUser.get(userId) ?? 0) + 1)
      const stream = openStream(reply)
      const sign = (update: LiveUpdate & { kind: 'ready' }) =>
        JSON.stringify(readyView(queueTokens, eventId, userId, update.pass))
      // A span is of the opening: what follows lasts as long as its reader wants.
      request.trace?.end(200, userId)
      const subscription = queue.live.listen(eventId, userId, first, (update) =>
        tell(stream, update, lastEventId, sign),
      )

      function openStream(to: FastifyReply): EventStream {
        return streams.open(to, () => {
          subscription.end()
          const left = (ofUser.get(userId) ?? 1) - 1
          if (left > 0) ofUser.set(userId, left)
          else ofUser.delete(userId)
        })
      }
    },
  )
}

/** An event's id says what its reader has seen: with Last-Event-ID it is not said again. */
function tell(
  stream: EventStream,
  update: LiveUpdate,
  lastEventId: string | string[] | undefined,
  sign: (update: LiveUpdate & { kind: 'ready' }) => string,
): void {
  switch (update.kind) {
    case 'position': {
      const { position, total, estimatedWaitSeconds } = update
      const id = `p${position}.${total}`
      if (id === lastEventId) return
      const state = position === 0 ? 'pre_queue' : 'waiting'
      stream.send(
        'position',
        id,
        `{"state":"${state}","position":${position},"total_in_queue":${total},"estimated_wait_seconds":${estimatedWaitSeconds},"is_ready":false}`,
        { replaceable: true },
      )
      return
    }
    case 'ready':
      // A pass is always said again: it is what the reader came for.
      stream.send('ready', `r${update.pass.id}`, sign(update))
      return
    case 'closed':
      stream.end(
        'closed',
        JSON.stringify({ reason: update.reason, reconnect: update.reason === 'lost' }),
        null,
      )
      return
    default:
      update satisfies never
  }
}
