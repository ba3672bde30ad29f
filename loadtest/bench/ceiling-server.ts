/**
 * The least that can sell a seat: bare Fastify, the body parsed, one call of reserve.lua on the service's own connection. No token,
 * no schema, no limits, no metrics, nothing behind it. A process of its own: `node ceiling-server.ts PORT REDIS_URL SHOW_ID`.
 */
import Fastify from 'fastify'
import { redisSettings } from '../../src/compose/access.ts'
import { parseConfig } from '../../src/config.ts'
import { newBookingId, partitionOfEvent } from '../../src/pipeline/partition.ts'
import { connectRedis } from '../../src/redis/connection.ts'
import * as keys from '../../src/redis/keys.ts'
import { readScripts } from '../../src/redis/scripts.ts'

const [port, redisUrl = '', showId = ''] = process.argv.slice(2)
const config = parseConfig({ REDIS_URL: redisUrl })
// As the service's pool connects: no timer of ioredis's for each command, which would lower the ceiling alone.
const redis = await connectRedis({ ...redisSettings(config), commandTimeoutMs: null }, 'floodgate-ceiling')
const { sha } = readScripts().reserve
const USERS = 50_000
const HOLD_MS = 86_400_000
let requests = 0

const app = Fastify()
app.get('/health', async () => 'alive')
app.post('/api/v1/bookings/reserve', async (request, reply) => {
  const { event_id, zone_id, quantity } = request.body as {
    event_id: string
    zone_id: string
    quantity: number
  }
  const bookingId = newBookingId(event_id)
  const partition = partitionOfEvent(event_id)
  const user = `bench-${requests++ % USERS}`
  // Keys and arguments in the order of reserve.lua's header.
  const answer = (await redis.evalsha(
    sha,
    7,
    keys.inventoryKey(event_id),
    keys.takenKey(event_id),
    keys.holdKey(bookingId),
    keys.dueKey(partition),
    keys.idempotencyKey(event_id, user, ''),
    keys.streamKey(partition),
    keys.holdsOfUserKey(partition, user),
    ...[bookingId, user, event_id, showId, zone_id, quantity, 100_000, 'THB', 1, 1000, HOLD_MS],
    ...[Number.MAX_SAFE_INTEGER, '', 86_400, ''],
  )) as string[]
  const [kind, , expiresMs, remaining] = answer
  if (kind !== 'reserved') return reply.code(500).send({ kind })
  return reply.code(201).send({ booking_id: bookingId, expires_ms: expiresMs, remaining })
})
await app.listen({ host: '127.0.0.1', port: Number(port) })
process.once('SIGTERM', () => process.exit(0))
