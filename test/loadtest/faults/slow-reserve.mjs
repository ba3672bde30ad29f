/** Preloaded into the API: every reservation waits for 50 ms before it is looked at. */
import { subscribe } from 'node:diagnostics_channel'
import { setTimeout as sleep } from 'node:timers/promises'

subscribe('fastify.initialization', ({ fastify }) => {
  fastify.addHook('onRequest', async (request) => {
    if (request.url.endsWith('/reserve')) await sleep(50)
  })
})
