/** The request path with its layers put on one after the other, as the seed's table of middleware has them. */
export interface Layer {
  name: string
  /** What is there beside the layers before it. */
  adds: string
  /** Share of requests that are traced; null: nothing that traces is there. */
  sampleRatio: number | null
  metrics: boolean
  token: boolean
  logs: boolean
  /** Continuous profiling, as the service has it. */
  profiling: boolean
  /** Whether the stock auto-instrumentation of OpenTelemetry does the tracing. */
  stock: boolean
}

const none = { sampleRatio: null, metrics: false, token: false, logs: false, profiling: false, stock: false }
const withToken = { ...none, token: true }
const withMetrics = { ...withToken, metrics: true }
const watched = { ...withMetrics, logs: true }

/** What everything else is compared with: the service as it would be if nobody watched it. */
export const UNWATCHED = 'token'
/** What the cost rule is about: see the design's page on telemetry. */
export const EVERYTHING = 'everything'

export const layers: readonly Layer[] = [
  { ...none, name: 'nothing', adds: 'bare Fastify and one script call' },
  {
    ...none,
    name: 'validation',
    adds: 'recovery, validation, deadlines, shedding: the service without token and telemetry',
  },
  { ...withToken, name: UNWATCHED, adds: 'the access token is verified' },
  { ...withMetrics, name: 'metrics', adds: 'every counter and histogram on the path' },
  { ...withMetrics, name: 'tracing 0 %', adds: 'the tracer, and no request chosen', sampleRatio: 0 },
  { ...withMetrics, name: 'tracing 10 %', adds: 'one request in ten traced and exported', sampleRatio: 0.1 },
  { ...withMetrics, name: 'tracing 100 %', adds: 'every request traced and exported', sampleRatio: 1 },
  {
    ...watched,
    name: EVERYTHING,
    adds: 'metrics, one in ten traced, logs, continuous profiling',
    sampleRatio: 0.1,
    profiling: true,
  },
  {
    ...withToken,
    name: 'stock 10 %',
    adds: 'instead of ours: the auto-instrumentation package, one request in ten',
    sampleRatio: 0.1,
    stock: true,
  },
  {
    ...withToken,
    name: 'stock 100 %',
    adds: 'instead of ours: the same, every request',
    sampleRatio: 1,
    stock: true,
  },
]

/** @throws when there is no such layer */
export function layerOf(name: string): Layer {
  const layer = layers.find((one) => one.name === name)
  if (!layer) throw new Error(`there is no layer ${name}`)
  return layer
}
