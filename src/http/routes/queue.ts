/** The virtual queue: to join it, see where one stands, and leave. */
import type { FastifyReply } from 'fastify'
import type { JoinOutcome } from '../../queue/join.ts'
import type { Place } from '../../queue/model.ts'
import { instant } from '../answers/instant.ts'
import { preQueueView, readyView, statusView, waitingView } from '../answers/queue.ts'
import type { Api } from '../api.ts'
import { authenticated, identityOf } from '../auth.ts'
import type { HttpDeps } from '../deps.ts'
import { rateLimited } from '../rate-limit.ts'
import { refuse } from '../refuse.ts'
import { bearer, errors } from '../schemas/common.ts'
import {
  EventParams,
  JoinBody,
  JoinedBody,
  LeaveBody,
  LeftBody,
  PositionBody,
  QueueStatusBody,
} from '../schemas/queue.ts'

type Deps = Pick<HttpDeps, 'queue' | 'queueTokens' | 'verifyToken' | 'settings' | 'now'>

export function queueRoutes(api: Api, deps: Deps): void {
  joinRoute(api, deps)
  const { queue, queueTokens, verifyToken } = deps
  const onRequest = authenticated(verifyToken)
  const about = { tags: ['queue'] }

  api.get(
    '/queue/position/:event_id',
    {
      onRequest,
      schema: {
        ...about,
        security: bearer,
        summary: 'Where you stand; asking says that you are still there',
        params: EventParams,
        response: { 200: PositionBody, ...errors },
      },
    },
    async (request, reply) => {
      const eventId = request.params.event_id.toLowerCase()
      const { userId } = identityOf(request)
      const seen = await queue.places.position(eventId, userId)
      switch (seen.kind) {
        case 'waiting':
          return waitingView(eventId, seen.standing)
        case 'ready':
          return readyView(queueTokens, eventId, userId, seen.pass)
        case 'pre_queue':
          return preQueueView(eventId, seen.opensAtMs, seen.total)
        case 'gone':
        case 'not_in_queue':
          return notInQueue(reply, seen)
        default:
          return seen satisfies never
      }
    },
  )

  api.delete(
    '/queue/leave',
    {
      config: { work: 'ending' },
      onRequest,
      schema: {
        ...about,
        security: bearer,
        summary: 'Give your place or your pass up',
        body: LeaveBody,
        response: { 200: LeftBody, ...errors },
      },
    },
    async (request, reply) => {
      const eventId = request.body.event_id.toLowerCase()
      const { userId } = identityOf(request)
      const { token } = request.body
      if (token !== undefined && queueTokens.readPlace(token, eventId, userId).kind === 'invalid')
        return notYourToken(reply)
      if (!(await queue.places.leave(eventId, userId))) return notInQueue(reply, { kind: 'not_in_queue' })
      return { success: true, message: 'you have left the queue' }
    },
  )

  api.get(
    '/queue/status/:event_id',
    {
      schema: {
        ...about,
        summary: 'How long the queue is and how fast it moves',
        params: EventParams,
        response: { 200: QueueStatusBody, ...errors },
      },
    },
    async (request, reply) => {
      const view = await queue.manage.view(request.params.event_id.toLowerCase())
      if (!view) return refuse(reply, 'NOT_FOUND', 'there is no such event')
      return reply.header('Cache-Control', 'public, max-age=1').send(statusView(view))
    },
  )
}

function joinRoute(api: Api, { queue, queueTokens, verifyToken, settings, now }: Deps): void {
  api.post(
    '/queue/join',
    {
      onRequest: [authenticated(verifyToken), ...rateLimited(settings.RATE_LIMIT_JOIN_PER_SECOND, now)],
      schema: {
        tags: ['queue'],
        security: bearer,
        summary: 'Take a place; joining again answers with the place you have',
        body: JoinBody,
        response: { 201: JoinedBody, ...errors },
      },
    },
    async (request, reply) => {
      const eventId = request.body.event_id.toLowerCase()
      const { userId } = identityOf(request)
      const { token } = request.body
      let claim: Place | null = null
      if (token !== undefined) {
        const read = queueTokens.readPlace(token, eventId, userId)
        if (read.kind === 'invalid') return notYourToken(reply)
        if (read.kind === 'place') claim = read.place
      }
      return answerJoin(reply, queueTokens, eventId, userId, await queue.join({ eventId, userId, claim }))
    },
  )
}

const noPlace = { token: null, joined_at: null, expires_at: null }

function answerJoin(
  reply: FastifyReply,
  tokens: HttpDeps['queueTokens'],
  eventId: string,
  userId: string,
  outcome: JoinOutcome,
): FastifyReply {
  switch (outcome.kind) {
    case 'waiting': {
      const { standing } = outcome
      const { token, expiresAtMs } = tokens.signPlace(eventId, userId, standing)
      return reply.code(201).send({
        ...waitingView(eventId, standing),
        token,
        joined_at: instant(standing.joinedAtMs),
        expires_at: instant(expiresAtMs),
      })
    }
    case 'ready':
      return reply.code(201).send({ ...readyView(tokens, eventId, userId, outcome.pass), ...noPlace })
    case 'pre_queue':
      return reply.code(201).send({ ...preQueueView(eventId, outcome.opensAtMs, outcome.total), ...noPlace })
    case 'full':
      return refuse(reply, 'QUEUE_FULL', 'the queue is full')
    case 'not_open':
      return refuse(reply, 'QUEUE_NOT_OPEN', 'the queue is not open now')
    case 'event_not_found':
      return refuse(reply, 'NOT_FOUND', 'there is no such event')
    default:
      return outcome satisfies never
  }
}

export function notInQueue(
  reply: FastifyReply,
  seen: { kind: 'gone'; reason: 'passed_over' } | { kind: 'not_in_queue' },
): FastifyReply {
  return refuse(
    reply,
    'NOT_IN_QUEUE',
    seen.kind === 'gone'
      ? 'you were passed over, because you had stopped listening; you may join again'
      : 'you are not in this queue',
  )
}

function notYourToken(reply: FastifyReply): FastifyReply {
  return refuse(reply, 'INVALID_REQUEST', 'this token was not given to you for this queue')
}
