import type { Settings } from '../config.ts'
import type { QueueUseCases, StreamObserver } from '../http/deps.ts'
import { makeQueueSettings } from '../postgres/queue-settings.ts'
import { makeJoin } from '../queue/join.ts'
import { makeLivePositions } from '../queue/live-positions.ts'
import { makeManageQueue } from '../queue/manage.ts'
import type { QueueSettingsStore } from '../queue/ports.ts'
import { rememberSettings } from '../queue/remembered-settings.ts'
import { makeAdmittance, makeLiveQueues } from '../redis/queue-admittance.ts'
import { makeListening } from '../redis/queue-listening.ts'
import { makePlaces } from '../redis/queue-places.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { countOutcomes } from '../telemetry/observe.ts'
import { timed } from '../telemetry/timed.ts'
import { whenAsked } from '../telemetry/when-asked.ts'
import type { Part } from '../workers/loop.ts'
import { makeQueueListening } from '../workers/queue-listening.ts'
import { makeQueueWorkers } from '../workers/queues.ts'
import type { Core } from './booking.ts'
import { observeQueues } from './observed-queues.ts'
import { makeErrorReporter, type ServiceLog } from './service-log.ts'
import type { Stores } from './stores.ts'

const SETTINGS_TTL_MS = 1000

/** The requests' side of the queues: use cases, and the parts that keep streams told. */
export function composeQueueApi(
  config: Settings,
  stores: Stores,
  core: Pick<Core, 'catalogue'>,
  metrics: Metrics,
  log: ServiceLog,
  isSaturated: () => boolean,
): { useCases: QueueUseCases; streams: StreamObserver; parts: Part[] } {
  const { redis } = stores
  const { catalogue } = core
  const places = makePlaces(redis)
  const queues = makeLiveQueues(redis)
  const listening = makeListening(redis)
  const settings = settingsOf(config, stores)
  const remembered = rememberSettings(settings, SETTINGS_TTL_MS, () => performance.now())
  const onError = makeErrorReporter(log, (worker) => metrics.workerErrors.inc({ worker }))
  const live = makeLivePositions({
    places,
    listening,
    tickMs: config.QUEUE_STREAM_TICK_MS,
    nowMs: () => performance.now(),
    onError: (error) => onError('queue-streams', error),
  })
  return {
    useCases: {
      join: countOutcomes(
        metrics.queueJoins,
        timed(metrics.stepDuration, 'join', makeJoin({ catalogue, places, queues, settings })),
      ),
      places,
      manage: makeManageQueue({ catalogue, queues, settings: remembered }),
      live,
    },
    streams: {
      dropped: () => metrics.queueStreamsDropped.inc(),
      count(size) {
        whenAsked(metrics.queueStreams, () => metrics.queueStreams.set(size()))
      },
    },
    parts: makeQueueListening({
      live: {
        ...live,
        async tick() {
          const ended = metrics.queueTickDuration.startTimer()
          await live.tick()
          ended()
        },
      },
      listening,
      tickMs: config.QUEUE_STREAM_TICK_MS,
      isSaturated,
      onError,
    }),
  }
}

/** The background's side: who is let in, and who is passed over. */
export function composeQueueWorkers(
  config: Settings,
  stores: Stores,
  metrics: Metrics,
  onError: (worker: string, error: unknown) => void,
): Part[] {
  return makeQueueWorkers({
    admittance: makeAdmittance(stores.redis, {
      passTtlMs: config.QUEUE_PASS_TTL_SECONDS * 1000,
      streamMaxEntries: config.QUEUE_PAUSE_AT_WAL_ENTRIES,
      listenMs: config.QUEUE_LISTEN_SECONDS * 1000,
    }),
    queues: makeLiveQueues(stores.redis),
    settings: settingsOf(config, stores),
    tickMs: config.QUEUE_RELEASE_TICK_MS,
    observer: observeQueues(metrics, () => performance.now()),
    nowMs: () => performance.now(),
    onError,
  })
}

function settingsOf(config: Settings, { database }: Stores): QueueSettingsStore {
  return makeQueueSettings(database, {
    releaseRatePerSecond: config.QUEUE_RELEASE_PER_SECOND,
    maxSize: config.QUEUE_MAX_SIZE,
  })
}
