import { DISTINCT_BYTES } from './heap/allocated-objects.ts'

/** Every bound and default of the library, once. */
export const limits = {
  host: '127.0.0.1',
  /** Of the --import entry; whoever mounts it by code names one. */
  port: 9083,
  tokenMinCharacters: 16,

  /** A scraper waits no longer than this for a blocked main thread before it gets the last snapshot. */
  snapshotWaitMs: 250,
  /** While somebody scrapes, a snapshot is never much older than this. */
  snapshotRefreshMs: 5000,
  /** Nobody scraped for so long: no more snapshots are taken ahead. */
  snapshotIdleMs: 60_000,

  /** Questions that each process may be working on at a time. */
  callsInFlight: 64,
  questionTimeoutMs: 2000,
  /** What a capture may take beyond the time it was asked to watch. */
  captureGraceMs: 15_000,
  /** One reply of a process. */
  replyMaxBytes: 64 * 1024 * 1024,
  processesMax: 256,
  startTimeoutMs: 10_000,
  stopTimeoutMs: 2000,
  restartsMax: 5,
  restartPauseMs: 1000,
  /** A thread that lived for so long is none that dies again and again: restarts are counted anew. */
  restartsForgottenMs: 10 * 60_000,
  threadHeapMiB: 256,

  /** A client that takes nothing of its answer for so long is cut off. */
  writeIdleMs: 60_000,
  urlMaxCharacters: 2048,
  headersMaxBytes: 16 * 1024,
  bodyMaxBytes: 4096,
  headersTimeoutMs: 5000,
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 5000,
  connectionsMax: 64,
  gzipFromBytes: 1024,
  /** When to come back, where a refusal does not know it better. */
  retryAfterSeconds: 5,

  profileDefaultSeconds: 30,
  profileMaxSeconds: 300,
  /** Of a capture: seconds are enough for a picture. */
  captureIntervalMicros: 5000,
  /** Of continuous profiling: minutes add up, and whoever is watched pays for each sample. */
  continuousIntervalMicros: 20_000,
  /** A window is turned over at the latest after this, so that its stop stays short. */
  windowMaxMs: 30_000,
  /** Of continuous profiling: a window of the flight recorder. */
  rotateMs: 20_000,
  acquireAgainMs: 60_000,
  governor: {
    /** Of one core. */
    budget: 0.03,
    everyMs: 60_000,
    calmMinutes: 5,
    /** A power of two. */
    slowdownMax: 16,
    /** What one sample costs, with the sampling thread's part; see docs/diagnostics/continuous.md. */
    sampleMicros: 60,
  },
  labelMaxCharacters: 120,
  /** Statements of one request that are the same. */
  repeats: {
    /** From so many on it is noted, and who asked for them. */
    notedFrom: 10,
    /** What a request still sends after so long is not counted: streams and what goes on behind. */
    requestMs: 8000,
    /** Who asked is looked up no more often: it takes some 20 µs. */
    framesEveryMs: 500,
    /** Different statements of one request that are told apart. */
    textsMax: 100,
    secondsKept: 15,
    textCharacters: 300,
  },
  explanationMaxCharacters: 1000,

  /** One allocation in so many bytes is sampled: Go's own default. */
  heapIntervalBytes: 512 * 1024,
  heapStackDepth: 64,
  /** One of those from which the number of objects can be told. */
  allocsIntervalBytes: DISTINCT_BYTES,
  /** An application that takes itself out of traffic stops waiting for its callers after this; and as long it may take to come back. */
  drainMs: 10_000,
  drainGraceMs: 2000,
  /** Draining, and writing the largest heap that is admitted. */
  snapshotTimeoutMs: 10 * 60_000,
  /** One that nobody has written to for so long is left over, whoever lives. */
  snapshotLeftMs: 3600 * 1000,
  garbageMaxEvents: 10_000,

  /** A report's lists are longer than what an application shows of itself. */
  report: { maxDepth: 8, maxEntries: 20_000, maxCharacters: 2000 },

  vars: { maxDepth: 6, maxEntries: 1000, maxCharacters: 1000 },
  /** The live page: how often there is a new point, how long one is waited for, and how many are kept. */
  liveIntervalMs: 1000,
  liveWaitMs: 250,
  livePoints: 300,
  /** Nobody looked for so long: nothing is computed any more. */
  liveIdleMs: 10_000,
  liveChartsMax: 32,
  liveSeriesMax: 6,
  liveRoutesMax: 30,
  /** Names of what is in flight. */
  liveFlightsMax: 30,
  /** Of a profile that is given to be shown in another form, as it comes and unpacked. */
  convertMaxBytes: 16 * 1024 * 1024,
  convertMaxUnpackedBytes: 64 * 1024 * 1024,
  /** What decoding it takes of the thread's heap, and then making one form of it; together well below `threadHeapMiB`. */
  convertMaxDecodedBytes: 96 * 1024 * 1024,
  formMaxBytes: 128 * 1024 * 1024,
  /** One is under way, the others wait. */
  conversionsMax: 5,

  /** An idle process is woken so often; each time costs it some 0.1 ms. */
  heartbeatMs: 50,
  /** Late heartbeats that the thread beside may come to see together. */
  lateBeatsKept: 4,
  blockMinMs: 200,
  blockPollMs: 80,
  /** A heartbeat so old makes the watcher take a stack, so that a block of `blockMinMs` has one before it ends. */
  blockSuspectMs: 100,
  /** The n-th stack of one block is taken at `blockSuspectMs` times this to the power of n. */
  blockSampleGrowth: 1.5,
  blockSamplesMax: 24,
  blockRecordsMax: 256,
  blockRecordsMaxBytes: 2 * 1024 * 1024,
  /** A look at the main thread that takes longer was not answered by JavaScript. */
  nativeFromMs: 30,
  stackDeadlineMs: 250,
  stackMaxFrames: 100,
  watchMaxSeconds: 300,

  waitNamesMax: 256,
  waitStacksMax: 1000,
  waitFramesMax: 32,
  /** Begun and not ended; more are only counted. */
  flightsMax: 10_000,
  /** Of these, as many are listed one by one. */
  flightsListed: 1000,
  flightGroupsMax: 1000,
  resourceNamesMax: 200,
  traceMaxSeconds: 60,
  traceMaxBytes: 16 * 1024 * 1024,
  /** What is waited for at the end of a recording, at most and after the last events. */
  traceFlushMs: 3000,
  traceQuietMs: 500,
  loopDelayResolutionMs: 50,
  gaugesMax: 64,
  /**
   * 32 MiB in all: what is kept, of all processes together, and what is being compressed. Two minutes at least of 24 processes whose windows
   * are 80 KB, which is the most that was seen: 7 windows with their slowest requests are 580 KB, 120 seconds of 10 gauges and 5 routes 190 KB.
   */
  flight: {
    bytesMax: 24 * 1024 * 1024,
    compressingMaxBytes: 8 * 1024 * 1024,
    compressingMax: 64,
    ageMaxMs: 600_000,
    flushMs: 1000,
  },

  rules: { completeWithinMs: 20_000, recordedWithinMs: 3000, watchSeconds: 5 },

  artifacts: { countMax: 100, bytesMax: 256 * 1024 * 1024, ageMaxMs: 7 * 24 * 3600 * 1000 },
  artifactsTidyMs: 3600 * 1000,
} as const
