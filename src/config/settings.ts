/** Every default of the service stands here, once; below the configuration values are required. */
import { Type } from 'typebox'
import { storeSettings } from './store-settings.ts'
import { telemetrySettings } from './telemetry-settings.ts'

const integer = (value: number, description: string, minimum = 1, maximum = 2_147_483_647) =>
  Type.Integer({ default: value, description, minimum, maximum })
const text = (value: string, description: string) => Type.String({ default: value, description })
const flag = (value: boolean, description: string) => Type.Boolean({ default: value, description })

/** A secret that is in the open, so good for one's own machine only. Production refuses it. */
export const LOCAL_JWT_SECRET = 'floodgate-local-secret-not-for-production'

/** As public as the other, and good for the same. */
export const LOCAL_QUEUE_SECRET = 'floodgate-local-queue-secret-not-for-production'

/** What the simulated provider signs its webhooks with on one's own machine. */
export const LOCAL_PAYMENT_WEBHOOK_SECRET = 'floodgate-local-webhook-secret-not-for-production'

/** Every setting: its name in the environment, type, default and meaning. The README's table is made from it. */
export const settings = Type.Object({
  NODE_ENV: Type.Union([Type.Literal('development'), Type.Literal('production'), Type.Literal('test')], {
    default: 'development',
    description: 'In production default secrets are refused',
  }),
  HOST: text('127.0.0.1', 'Address that the API listens on'),
  PORT: integer(8083, 'Port of the API; 0 takes a free one', 0, 65_535),
  WEB_CONCURRENCY: integer(
    1,
    'API processes behind the one port; with more than one a supervisor keeps them, and the background work has a process of its own',
    1,
    64,
  ),
  DIAGNOSTICS_HOST: text('127.0.0.1', 'Address of the diagnostics port'),
  DIAGNOSTICS_PORT: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 65_535,
      description: 'Port of the diagnostics server; unset: PORT + 1000',
    }),
  ),
  DIAGNOSTICS_TOKEN: text(
    '',
    'Token of the diagnostics port (16 characters at least), for everything on it; where DIAGNOSTICS_HOST is not loopback one of the three is needed',
  ),
  DIAGNOSTICS_PROFILE_TOKEN: text('', 'Another for metrics and profiles alone: no heap, no snapshot'),
  DIAGNOSTICS_METRICS_TOKEN: text('', 'Another for metrics and health alone, as Prometheus needs them'),
  ...storeSettings,
  KAFKA_TOPIC_PREFIX: text('', 'Put before every topic name, so that several services can share a broker'),
  DATA_DIR: text('.data', 'Where the local servers keep their data'),
  TOOLS_DIR: text('.tools', 'Where downloaded tools are kept'),

  JWT_SECRET: text(
    LOCAL_JWT_SECRET,
    'HS256 secret that access tokens are signed with (32 characters at least)',
  ),
  JWT_PUBLIC_KEY: text(
    '',
    'PEM public key (RS256 or EdDSA) that access tokens are verified with, instead of JWT_SECRET',
  ),
  JWT_JWKS_URL: text('', 'JWKS that access tokens are verified with, instead of JWT_SECRET'),
  JWT_AUDIENCE: text('floodgate', 'Audience that an access token must carry'),
  SEED_DEMO: Type.Optional(
    Type.Boolean({
      description:
        'Whether an empty database gets the demo on-sale at the start; unset: yes, and in production no',
    }),
  ),
  DEMO_TOKENS: flag(
    false,
    'The page at / gets tokens for the asking, of any role; only with the default JWT_SECRET. `npm start` turns it on where that is so',
  ),

  PG_POOL_MAX: integer(20, 'PostgreSQL connections per process', 1, 1000),
  PG_POOL_MIN: integer(5, 'PostgreSQL connections opened before the first request', 0, 1000),
  PG_CONNECTION_LIFETIME_SECONDS: integer(1800, 'A PostgreSQL connection is replaced after this time'),
  PG_IDLE_TIMEOUT_MS: integer(
    300_000,
    'An idle PostgreSQL connection above the minimum is closed after this time',
  ),
  PG_CONNECT_TIMEOUT_MS: integer(5000, 'Deadline for opening a PostgreSQL connection'),
  PG_CONNECT_RETRIES: integer(3, 'Attempts to reach PostgreSQL at start', 0),
  PG_CONNECT_RETRY_INTERVAL_MS: integer(1000, 'Pause between these attempts'),
  PG_WORKER_POOL_MAX: integer(12, 'PostgreSQL connections of the background work in a process', 8, 1000),
  PG_WORKER_STATEMENT_TIMEOUT_MS: integer(60_000, 'Deadline of a statement of the background work'),
  PG_STATEMENT_TIMEOUT_MS: integer(2000, 'Deadline of a statement on a request path'),

  REDIS_POOL_MAX: integer(
    1,
    'Redis connections per process (in a cluster: to each master); one carries thousands of commands at a time',
    1,
    1000,
  ),
  REDIS_CONNECT_TIMEOUT_MS: integer(5000, 'Deadline for opening a Redis connection'),
  REDIS_CONNECT_RETRIES: integer(3, 'Attempts to reach Redis at start', 0),
  REDIS_RETRY_INTERVAL_MS: integer(100, 'Pause before reconnecting to Redis'),
  REDIS_COMMAND_TIMEOUT_MS: integer(100, 'Deadline of a script on a request path'),
  REDIS_WORKER_COMMAND_TIMEOUT_MS: integer(3000, 'Deadline of a command of the background work'),
  REDIS_MAX_IN_FLIGHT: integer(
    10_000,
    'Commands that may wait for Redis at a time in one process (in a cluster: for each master)',
  ),

  HOLD_TTL_SECONDS: integer(600, 'How long a reservation holds its seats', 1, 86_400),
  MAX_TICKETS_PER_USER: integer(
    10,
    'Seats one person may hold and buy in an event that does not say otherwise',
    1,
    1000,
  ),
  IDEMPOTENCY_TTL_SECONDS: integer(86_400, 'How long an idempotency key is remembered'),
  ENDING_LEASE_MS: integer(
    5000,
    'An ending that was begun and not settled is looked at again after this time',
  ),
  WAL_MAX_ENTRIES: integer(200_000, 'Unwritten reservations per partition at which new ones are refused'),
  SHED_LOOP_DELAY_MS: integer(
    80,
    'New requests are refused while the event loop is this late three turns in a row; keep it below REDIS_COMMAND_TIMEOUT_MS',
  ),
  SHED_MAX_IN_FLIGHT: integer(2000, 'Requests under way in a process at which new ones are refused'),
  SHED_WAL_ENTRIES: integer(
    1_000_000,
    'Unwritten reservations of all partitions together at which new ones are refused before they reach Redis',
  ),
  RATE_LIMIT_RESERVE_PER_SECOND: integer(
    10,
    'Reservations one person may ask of a process in a second; 0: any',
    0,
  ),
  RATE_LIMIT_JOIN_PER_SECOND: integer(
    5,
    'Times one person may join queues in a second, in a process; 0: any',
    0,
  ),
  RATE_LIMIT_BAD_SIGNATURES_PER_MINUTE: integer(
    30,
    'False webhook signatures from one address in a minute that a process answers with 401; more are answered 429; 0: any',
    0,
  ),
  CATALOGUE_TTL_MS: integer(2000, 'How old the catalogue in memory may be'),

  QUEUE_RELEASE_PER_SECOND: integer(500, 'People let in from a queue that was not set otherwise', 1, 100_000),
  QUEUE_MAX_SIZE: integer(
    1_000_000,
    'People who may wait in a queue that was not set otherwise',
    1,
    10_000_000,
  ),
  QUEUE_PASS_TTL_SECONDS: integer(300, 'How long a queue pass is valid', 1, 86_400),
  QUEUE_TOKEN_TTL_SECONDS: integer(86_400, 'How long a join token restores a place that was lost'),
  QUEUE_SECRET: text(
    LOCAL_QUEUE_SECRET,
    'Secret that queue passes and join tokens are signed with (32 characters at least)',
  ),
  QUEUE_LISTEN_SECONDS: integer(60, 'Whoever is not heard for so long, by stream or poll, is passed over'),
  QUEUE_RELEASE_TICK_MS: integer(100, 'How often people are let in', 10, 1000),
  QUEUE_STREAM_TICK_MS: integer(1000, 'How often streams are told their position', 100, 60_000),
  QUEUE_STREAMS_MAX: integer(50_000, 'Streams of positions that a process keeps open'),
  QUEUE_PAUSE_AT_WAL_ENTRIES: integer(
    50_000,
    'Unwritten reservations of a partition at which nobody more is let in to its events',
  ),

  PERSIST_BATCH_MAX_ENTRIES: integer(
    1000,
    'Reservations written to PostgreSQL in one transaction',
    1,
    10_000,
  ),
  PERSIST_IDLE_MS: integer(20, 'Pause of the persister when it found nothing'),
  RELAY_BATCH_MAX_ROWS: integer(2000, 'Events published to Kafka at a time', 1, 10_000),
  RELAY_IDLE_MS: integer(200, 'Pause of the outbox relay when it found nothing'),
  EXPIRY_TICK_MS: integer(1000, 'How often due holds are looked for'),
  RECONCILE_INTERVAL_MS: integer(500, 'How often Redis is asked whether it is the one that was reconciled'),
  CONSUMER_CONCURRENCY: integer(
    8,
    'Events that each consumer group of a process works on at a time',
    1,
    1000,
  ),
  CONSUMER_MAX_ATTEMPTS: integer(
    5,
    'Failures after which an event goes to the dead-letter topic; outages do not count',
    1,
    100,
  ),
  CONSUMER_ATTEMPT_TIMEOUT_MS: integer(20_000, 'Deadline of one attempt at an event'),
  CONSUMER_SESSION_TIMEOUT_MS: integer(
    10_000,
    'A consumer that is silent for so long loses its partitions to others',
    6000,
    300_000,
  ),
  CONSUMED_RETENTION_HOURS: integer(
    168,
    'How long consumers remember what they worked on; as long as Kafka keeps its topics',
    1,
    87_600,
  ),
  NOTIFICATIONS: Type.Union([Type.Literal('log'), Type.Literal('webhook'), Type.Literal('off')], {
    default: 'log',
    description: 'How buyers are told of confirmations and refunds: log, webhook or off',
  }),
  NOTIFICATION_WEBHOOK_URL: text('', 'Where the webhook posts them'),
  NOTIFICATION_WEBHOOK_TIMEOUT_MS: integer(5000, 'Deadline of one post', 1, 60_000),
  AUDIT_INTERVAL_MS: integer(15_000, 'How often the invariants are checked'),

  ...telemetrySettings,
  REQUEST_LOG: flag(false, 'Log every request (development only: it is on the hot path)'),
  LOG_LEVEL: text('info', 'trace, debug, info, warn, error, fatal or silent'),
  SHUTDOWN_TIMEOUT_MS: integer(30_000, 'Deadline of a graceful shutdown'),
  DRAIN_MS: integer(
    2000,
    'In a rolling restart, how long an API process that is replaced closes each connection behind its next answer, before it closes the idle ones',
    0,
    600_000,
  ),
  PAYMENT_PROVIDER: Type.Union([Type.Literal('simulated')], {
    default: 'simulated',
    description: 'Which payment provider confirms are checked with',
  }),
  PAYMENT_MAX_ATTEMPTS: integer(
    3,
    'Payments that one booking may try; when the last is declined its seats go back',
    1,
    100,
  ),
  PAYMENT_POLL_AFTER_MS: integer(5000, 'A payment that is pending for so long is asked for at the provider'),
  PAYMENT_POLL_MAX_INTERVAL_MS: integer(
    300_000,
    'A payment that stays pending is asked for ever less often, at least this often',
  ),
  PAYMENT_WEBHOOK_SECRET: text(
    LOCAL_PAYMENT_WEBHOOK_SECRET,
    'Secret that the payment provider signs webhooks with (32 characters at least)',
  ),
  PAYMENT_WEBHOOK_TOLERANCE_SECONDS: integer(
    300,
    'A webhook whose time is off by more, either way, is refused',
    1,
    86_400,
  ),
  PAYMENT_WEBHOOK_URL: text(
    '',
    'Where the simulated provider sends its webhooks; unset: to this service itself',
  ),
})
