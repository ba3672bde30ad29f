import { measured } from '../process/measure.ts'
import { defineCapture } from './capture.ts'

/** Active handles and requests of each process: curl http://HOST/debug/resources */
export const resources = defineCapture({
  name: 'resources',
  route: '/debug/resources',
  method: 'GET',
  scope: 'profile',
  where: 'every',
  params: {},
  shows:
    'What Node has open: sockets by their other end, listeners, timers, children, requests to the system.',
  cost: 'A walk over the handles: a millisecond for some thousands.',

  async run() {
    const { resourcesNow } = await import('../process/resources-now.ts')
    return measured(resourcesNow)
  },

  finish(parts) {
    const workers = Object.fromEntries(parts.map(({ worker, value }) => [worker, value]))
    return { contentType: 'application/json', body: `${JSON.stringify({ workers }, null, 2)}\n` }
  },
})
