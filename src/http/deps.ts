import type { FastifyBaseLogger } from 'fastify'
import type { Cancel } from '../booking/cancel.ts'
import type { Confirm } from '../booking/confirm.ts'
import type { Booking } from '../booking/model.ts'
import type { OwnBookings } from '../booking/own-bookings.ts'
import type { Refund } from '../booking/refund.ts'
import type { Reserve } from '../booking/reserve.ts'
import type { Browse } from '../catalogue/browse.ts'
import type { CancelEvent } from '../catalogue/cancel-event.ts'
import type { ChangeEvent } from '../catalogue/change-event.ts'
import type { CreateEvent } from '../catalogue/create-event.ts'
import type { PaymentView } from '../payments/ports.ts'
import type { StartIntent } from '../payments/start-intent.ts'
import type { TakeProviderOutcome } from '../payments/take-outcome.ts'
import type { Join } from '../queue/join.ts'
import type { LivePositions } from '../queue/live-positions.ts'
import type { ManageQueue } from '../queue/manage.ts'
import type { Places } from '../queue/ports.ts'
import type { DemoTokens } from './demo-tokens.ts'
import type { VerifyToken } from './identity.ts'
import type { ServerLimits } from './limits.ts'
import type { LoadMonitor } from './load-monitor.ts'
import type { QueueTokens } from './queue-tokens.ts'
import type { Remarkable } from './request-log.ts'
import type { Shed } from './shedding.ts'
import type { RequestTracing } from './trace-requests.ts'
import type { WatchRoute } from './watch-requests.ts'

/** The settings that the API needs, by their names in the configuration. */
export interface HttpSettings {
  REQUEST_LOG: boolean
  /** Of an event that does not say otherwise. */
  MAX_TICKETS_PER_USER: number
  RATE_LIMIT_RESERVE_PER_SECOND: number
  RATE_LIMIT_JOIN_PER_SECOND: number
  RATE_LIMIT_BAD_SIGNATURES_PER_MINUTE: number
  QUEUE_STREAMS_MAX: number
}

export interface SeatCount {
  capacity: number
  available: number
  held: number
  sold: number
}

/** One zone as each store counts it; null where a store does not have it. */
export interface ZoneReport {
  eventId: string
  zoneId: string
  redis: SeatCount | null
  postgres: SeatCount | null
  inSync: boolean
}

export interface InventoryAdmin {
  status(): Promise<ZoneReport[]>
  /** Loads what the seat store is missing. `force` asks for a rebuild of what differs. */
  sync(options: { force: boolean }): Promise<ZoneReport[]>
}

/** Finds a booking by its confirmation code, in capital letters; whose it is, the route checks. */
export type BookingByCode = (confirmationCode: string) => Promise<Booking | null>

/**
 * What `onResponse` is told. The route is its template, never the URL; `unmatched` when there is no such route. The trace's id is null
 * for a request that is not traced.
 */
export type OnResponse = (
  route: string,
  method: string,
  statusCode: number,
  durationSeconds: number,
  traceId: string | null,
) => void

export interface PaymentUseCases {
  start: StartIntent
  find(paymentId: string): Promise<PaymentView | null>
  /** Whether the provider signed these bytes, lately. */
  isGenuine(signature: string | string[] | undefined, rawBody: Buffer): boolean
  takeWebhook: TakeProviderOutcome
}

export interface QueueUseCases {
  join: Join
  places: Places
  manage: ManageQueue
  live: LivePositions
}

/** Who wants to know of the streams of positions. */
export interface StreamObserver {
  /** A reader was too slow, and was dropped. */
  dropped(): void
  /** Told once how their number is read. */
  count(size: () => number): void
}

export interface DependencyState {
  ok: boolean
  /** `up`, or what is the matter. */
  state: string
  /** Whether the process should be sent no traffic while this is away. */
  required: boolean
}

/** Everything that the API calls. */
export interface HttpDeps {
  settings: HttpSettings
  verifyToken: VerifyToken
  reserve: Reserve
  confirm: Confirm
  cancel: Cancel
  refund: Refund
  ownBookings: OwnBookings
  bookingByCode: BookingByCode
  browse: Browse
  createEvent: CreateEvent
  changeEvent: ChangeEvent
  cancelEvent: CancelEvent
  inventoryAdmin: InventoryAdmin
  queue: QueueUseCases
  queueTokens: QueueTokens
  streams: StreamObserver
  payments: PaymentUseCases
  /** Every dependency by name. It has a short deadline of its own and does not throw. */
  readiness(): Promise<Record<string, DependencyState>>
  /** True from the first moment of a shutdown: not ready, and connections are not kept. */
  isDraining(): boolean
  log: FastifyBaseLogger
  /** Where the page may hand out tokens. */
  demoTokens?: DemoTokens
  onResponse?: OnResponse
  /** A request was slow or failed. */
  onRemarkable?: (why: Remarkable, isTraced: boolean) => void
  /** There were too many of them in a second for one more line. */
  onLineSuppressed?: () => void
  /** Who watches what the process does for each route. */
  watchRoute?: WatchRoute
  /** null: requests are not traced. */
  tracing: RequestTracing | null
  load: LoadMonitor
  onShed?: (reason: Shed) => void
  /** Milliseconds of the rate limits' clock. Only tests steer it. */
  now?: () => number
  /** Only tests wait less than `serverLimits` says. */
  limits?: Partial<ServerLimits>
}
