/** Preloaded into the API: one mistake of the kind that programs have, chosen by MISTAKE, in the way of reservations. */
import { subscribe } from 'node:diagnostics_channel'
import process from 'node:process'
import pg from 'pg'

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

/** The service's own pool, once it has asked for something. */
let pool
const query = pg.Pool.prototype.query
pg.Pool.prototype.query = function (...args) {
  pool = this
  return query.apply(this, args)
}

async function askForEachSeat() {
  const text = 'SELECT name, capacity FROM zones OFFSET $1 LIMIT 1'
  if (turn++ % 3 !== 0) return
  // Whatever fails is refused where the reservation itself asks.
  const one = (seat) => pool?.query({ name: 'one_seat', text, values: [seat % 4] }).catch(() => {})
  for (let seat = 0; seat < 15; seat++) await one(seat)
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
  'n-plus-one': askForEachSeat,
}

const mistake = mistakes[process.env.MISTAKE]

subscribe('fastify.initialization', ({ fastify }) => {
  fastify.addHook('preHandler', async (request) => {
    if (request.url.endsWith('/reserve')) await mistake?.()
  })
})
