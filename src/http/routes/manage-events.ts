/** The catalogue for those who run events: organizers their own, admins all. */
import type { FastifyReply } from 'fastify'
import type { CancelEventOutcome } from '../../catalogue/cancel-event.ts'
import type { ChangeEventOutcome } from '../../catalogue/change-event.ts'
import type { CreateEventOutcome } from '../../catalogue/create-event.ts'
import { eventView } from '../answers/event.ts'
import type { Api } from '../api.ts'
import { authenticated, identityOf, restrictedTo } from '../auth.ts'
import type { HttpDeps } from '../deps.ts'
import { eventChangeOf, newEventOf } from '../event-input.ts'
import { refuse } from '../refuse.ts'
import { bearer, errors, IdParams } from '../schemas/common.ts'
import { EventBody, EventChangeBody, NewEventBody } from '../schemas/event.ts'

type Deps = Pick<
  HttpDeps,
  'createEvent' | 'changeEvent' | 'cancelEvent' | 'browse' | 'verifyToken' | 'settings'
>

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/

export function manageEventRoutes(api: Api, deps: Deps): void {
  const { createEvent, changeEvent, cancelEvent, browse, verifyToken, settings } = deps
  const onRequest = [authenticated(verifyToken), restrictedTo('organizer', 'admin')]
  const about = { tags: ['events'], security: bearer }

  /** A changed event is shown as everybody sees it: with its seats. */
  async function show(reply: FastifyReply, statusCode: 200 | 201, eventId: string, person: Person) {
    const found = await browse.get(eventId, person)
    return found
      ? reply.code(statusCode).send(eventView(found))
      : refuse(reply, 'NOT_FOUND', 'there is no such event')
  }

  api.post(
    '/events',
    {
      onRequest,
      schema: {
        ...about,
        summary: 'Create an event with its shows and zones',
        body: NewEventBody,
        response: { 201: EventBody, ...errors },
      },
    },
    async (request, reply) => {
      const person = identityOf(request)
      if (uuid.test(request.body.slug))
        return refuse(reply, 'INVALID_REQUEST', 'a slug must not look like an id')
      const event = newEventOf(request.body, person.userId, settings.MAX_TICKETS_PER_USER)
      const outcome = await createEvent(event)
      if (outcome.kind !== 'created') return refuseCreation(reply, outcome)
      return show(reply, 201, outcome.event.id, person)
    },
  )

  api.patch(
    '/events/:id',
    {
      onRequest,
      schema: {
        ...about,
        summary: 'Change an event, also while it sells; a refusal changes nothing',
        params: IdParams,
        body: EventChangeBody,
        response: { 200: EventBody, ...errors },
      },
    },
    async (request, reply) => {
      const person = identityOf(request)
      const eventId = request.params.id.toLowerCase()
      const outcome = await changeEvent({
        eventId,
        person,
        change: eventChangeOf(request.body),
      })
      return outcome.kind === 'changed' ? show(reply, 200, eventId, person) : refuseChange(reply, outcome)
    },
  )

  api.post(
    '/events/:id/cancel',
    {
      onRequest,
      schema: {
        ...about,
        summary: 'Cancel an event; its bookings are refunded',
        params: IdParams,
        response: { 200: EventBody, ...errors },
      },
    },
    async (request, reply) => {
      const person = identityOf(request)
      const eventId = request.params.id.toLowerCase()
      const outcome = await cancelEvent({ eventId, person })
      return outcome.kind === 'cancelled' ? show(reply, 200, eventId, person) : refuseAccess(reply, outcome)
    },
  )
}

type Person = ReturnType<typeof identityOf>

function refuseCreation(
  reply: FastifyReply,
  outcome: Exclude<CreateEventOutcome, { kind: 'created' }>,
): FastifyReply {
  switch (outcome.kind) {
    case 'slug_taken':
      return refuse(reply, 'INVALID_REQUEST', 'this slug is taken')
    case 'sale_times_invalid':
      return saleTimesInvalid(reply)
    default:
      return outcome satisfies never
  }
}

function refuseChange(
  reply: FastifyReply,
  outcome: Exclude<ChangeEventOutcome, { kind: 'changed' }>,
): FastifyReply {
  switch (outcome.kind) {
    case 'not_found':
    case 'forbidden':
      return refuseAccess(reply, outcome)
    case 'cancelled':
      return refuse(reply, 'NOT_ON_SALE', 'a cancelled event does not change any more')
    case 'sale_times_invalid':
      return saleTimesInvalid(reply)
    case 'zone_not_found':
      return refuse(reply, 'ZONE_NOT_FOUND', `the event has no zone ${outcome.zoneId}`)
    case 'zone_given_twice':
      return refuse(reply, 'INVALID_REQUEST', `zone ${outcome.zoneId} is given twice`)
    case 'seats_taken': {
      const { zoneId, smallestCapacity } = outcome
      const message = `zone ${zoneId} cannot be smaller than ${smallestCapacity}: these seats are sold or held`
      return refuse(reply, 'INSUFFICIENT_SEATS', message)
    }
    default:
      return outcome satisfies never
  }
}

function refuseAccess(
  reply: FastifyReply,
  outcome: Exclude<CancelEventOutcome, { kind: 'cancelled' }>,
): FastifyReply {
  switch (outcome.kind) {
    case 'not_found':
      return refuse(reply, 'NOT_FOUND', 'there is no such event')
    case 'forbidden':
      return refuse(reply, 'FORBIDDEN', 'this event is somebody else’s')
    default:
      return outcome satisfies never
  }
}

const saleTimesInvalid = (reply: FastifyReply) =>
  refuse(reply, 'INVALID_REQUEST', 'sale_closes_at must be after sale_opens_at')
