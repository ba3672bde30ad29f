/** A queue for those who run it. */
import { queueView } from '../answers/queue.ts'
import type { Api } from '../api.ts'
import { authenticated, identityOf, restrictedTo } from '../auth.ts'
import type { HttpDeps } from '../deps.ts'
import { refuse } from '../refuse.ts'
import { bearer, errors } from '../schemas/common.ts'
import { EventParams, QueueBody, QueueChangeBody } from '../schemas/queue.ts'

export function queueAdminRoutes(
  api: Api,
  { queue, changeEvent, verifyToken }: Pick<HttpDeps, 'queue' | 'changeEvent' | 'verifyToken'>,
): void {
  const onRequest = [authenticated(verifyToken), restrictedTo('admin')]
  const about = {
    tags: ['admin'],
    security: bearer,
    params: EventParams,
    response: { 200: QueueBody, ...errors },
  }

  api.get(
    '/admin/queues/:event_id',
    { onRequest, schema: { ...about, summary: 'A queue with its settings and its draw' } },
    async (request, reply) => {
      const view = await queue.manage.view(request.params.event_id.toLowerCase())
      return view ? queueView(view) : refuse(reply, 'NOT_FOUND', 'there is no such event')
    },
  )

  api.put(
    '/admin/queues/:event_id',
    {
      onRequest,
      schema: {
        ...about,
        summary: 'Change a queue while people wait in it; what is not given stays',
        body: QueueChangeBody,
      },
    },
    async (request, reply) => {
      const eventId = request.params.event_id.toLowerCase()
      const { release_rate_per_second, max_size, state, required, max_active_passes, pre_queue } =
        request.body
      if (required !== undefined) {
        const change = { queueRequired: required }
        const outcome = await changeEvent({ eventId, person: identityOf(request), change })
        if (outcome.kind === 'cancelled')
          return refuse(reply, 'NOT_ON_SALE', 'a cancelled event does not change any more')
        if (outcome.kind !== 'changed') return refuse(reply, 'NOT_FOUND', 'there is no such event')
      }
      const view = await queue.manage.change(eventId, {
        ...(release_rate_per_second !== undefined && { releaseRatePerSecond: release_rate_per_second }),
        ...(max_size !== undefined && { maxSize: max_size }),
        ...(state !== undefined && { state }),
        ...(max_active_passes !== undefined && { maxActivePasses: max_active_passes }),
        ...(pre_queue !== undefined && { preQueue: pre_queue }),
      })
      return view ? queueView(view) : refuse(reply, 'NOT_FOUND', 'there is no such event')
    },
  )
}
