/** The API on real stores, with what its callers fight over. */
import { pino } from 'pino'
import { composeApi } from '../../src/compose/api.ts'
import { untraced } from '../../src/telemetry/tracing/tracing.ts'
import type { Cleanup } from '../support/restartable.ts'
import { openService } from '../support/service.ts'
import { callers, jwtSecret, queueSecret } from './callers.ts'

export type Scene = Awaited<ReturnType<typeof openScene>>

/** Closed after the test. */
export async function openScene(t: Cleanup) {
  const service = await openService(t, {
    env: { JWT_SECRET: jwtSecret, QUEUE_SECRET: queueSecret, RATE_LIMIT_JOIN_PER_SECOND: '0' },
  })
  const { config, stores, core, metrics } = service
  const templates = new Set<string>()
  const log = pino({ level: 'silent' })
  const api = composeApi(config, stores, core, metrics, untraced, log, (deps) => ({
    ...deps,
    watchRoute(route) {
      templates.add(route)
      return { within: (rest) => rest(), begin: () => () => {} }
    },
  }))
  await api.start()
  t.after(() => api.stop())
  const address = api.address() as string
  const { event, zoneIds } = await service.event([1000], { maxTicketsPerUser: 1000 })
  const [zoneId = ''] = zoneIds
  const holdOf = () => service.hold(event.id, zoneId, { userId: 'owner' })

  async function paid(): Promise<{ bookingId: string; paymentId: string }> {
    const hold = await holdOf()
    return { bookingId: hold.bookingId, paymentId: await service.pay(hold) }
  }

  return {
    service,
    address,
    eventId: event.id,
    zoneId,

    /** `METHOD /template` of everything that is registered; HEAD comes with GET. */
    routes: (): string[] =>
      [...templates].flatMap((url) =>
        api.server.supportedMethods
          .filter((method) => method !== 'HEAD' && api.server.hasRoute({ url, method: method as 'GET' }))
          .map((method) => `${method} ${url}`),
      ),

    /** @returns the status and, where it is a refusal, its code; a stream is left after its head */
    async ask(method: string, path: string, authorization?: string, body?: object): Promise<string> {
      const left = new AbortController()
      const response = await fetch(address + path, {
        method,
        redirect: 'manual',
        signal: left.signal,
        headers: {
          ...(authorization !== undefined && { authorization }),
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      })
      if (response.status < 400) {
        left.abort()
        return String(response.status)
      }
      return `${response.status} ${((await response.json()) as { code: string }).code}`
    },

    /** The owner's reservation. @returns its id */
    held: async () => (await holdOf()).bookingId,
    /** The owner's reservation, and a payment for it that succeeded. */
    paid,
    /** The owner's booking. @returns its id */
    async confirmed(): Promise<string> {
      const { bookingId, paymentId } = await paid()
      await service.confirm({ bookingId, userId: 'owner', paymentId })
      return bookingId
    },
    /** An event of the organizer's. */
    event: async () => (await service.event([10])).event.id,
    draft: async () => (await service.event([10], { status: 'draft' })).event.id,
    /** An event in whose queue the owner waits. */
    async queue(): Promise<string> {
      const { event: queued } = await service.event([10], { queueRequired: true })
      const response = await fetch(`${address}/api/v1/queue/join`, {
        method: 'POST',
        headers: { authorization: callers.owner, 'content-type': 'application/json' },
        body: JSON.stringify({ event_id: queued.id }),
      })
      if (response.status !== 201) throw new Error(`the owner could not join: ${await response.text()}`)
      return queued.id
    },

    /** Every table's rows by their number, every key of Redis with its kind, and the seats. */
    async lookAtAll(): Promise<unknown> {
      const { pool } = stores.database
      const { rows } = await pool.query<{ name: string }>(
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
      )
      const tables: Record<string, unknown> = {}
      for (const { name } of rows)
        tables[name] = (await pool.query(`SELECT count(*), max(xmin::text::bigint) FROM "${name}"`)).rows
      const keys = await stores.redis.run((connection) => connection.keys('*'))
      return { tables, keys: keys.sort(), seats: await core.inventory.seats(event.id) }
    },
    /** Its row and its hold, payments included. */
    async lookAtBooking(id: string): Promise<unknown> {
      const { pool } = stores.database
      const { rows: bookings } = await pool.query('SELECT * FROM bookings WHERE id = $1', [id])
      const { rows: payments } = await pool.query(
        'SELECT id, state FROM payments WHERE booking_id = $1 ORDER BY id',
        [id],
      )
      const overlaid = await service.ownBookings.get(id, 'owner')
      return { bookings, payments, overlaid }
    },
    async lookAtEvent(id: string): Promise<unknown> {
      const { pool } = stores.database
      const { rows } = await pool.query('SELECT * FROM events WHERE id = $1', [id])
      return { rows, seats: await Object.fromEntries(await core.inventory.seats(id)) }
    },
    async lookAtQueue(id: string): Promise<unknown> {
      const response = await fetch(`${address}/api/v1/queue/status/${id}`)
      return response.json()
    },
  }
}
