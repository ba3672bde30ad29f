/** Preloaded into the API: one mistake of the kind that programs have, chosen by MISTAKE, in the way of reservations. */
import { subscribe } from 'node:diagnostics_channel'
import process from 'node:process'

const kept = []
const catalogue = Array.from({ length: 60_000 }, (_, number) => ({
  number,
  name: `Seat ${number}`,
  free: true,
}))
let turn = 0

function spinForAWhile() {
  const endMs = performance.now() + 400
  while (performance.now() < endMs) kept.length = Math.min(kept.length, 10)
}

function describeEverySeat() {
  return JSON.stringify(catalogue).length
}

function rememberForEver() {
  kept.push(Array.from({ length: 8000 }, (_, number) => ({ number })))
}

function remindLater() {
  for (let i = 0; i < 60; i++) setTimeout(() => {}, 3_600_000)
}

function throwAway() {
  let last
  for (let round = 0; round < 40; round++)
    last = Array.from({ length: 4000 }, (_, number) => ({ number, round }))
  return last
}

const mistakes = {
  'blocked-loop': () => {
    if (turn++ % 60 === 0) spinForAWhile()
  },
  'slow-json': () => {
    if (turn++ % 4 === 0) describeEverySeat()
  },
  leak: rememberForEver,
  timers: remindLater,
  'gc-thrash': throwAway,
}

const mistake = mistakes[process.env.MISTAKE]

subscribe('fastify.initialization', ({ fastify }) => {
  fastify.addHook('preHandler', async (request) => {
    if (request.url.endsWith('/reserve')) mistake?.()
  })
})
