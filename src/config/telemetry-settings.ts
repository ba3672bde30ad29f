import { Type } from 'typebox'

/** What is told of the service to its watchers. The other OTEL_ variables (headers, protocol, resource attributes) are read by the SDK itself. */
export const telemetrySettings = {
  CONTINUOUS_PROFILING: Type.Boolean({
    default: true,
    description: 'CPU is sampled all the time, and the last minutes are kept for /debug/flight and the rules',
  }),
  HEAP_SAMPLING: Type.Boolean({
    default: false,
    description:
      'The heap is sampled from the start, one allocation in 512 KiB; off: from the first question for a heap profile on',
  }),
  DIAGNOSTICS_DIR: Type.String({
    default: '',
    description: 'Where what rules captured is kept; unset: diagnostics/ in DATA_DIR',
  }),
  OTEL_SERVICE_NAME: Type.String({
    default: 'floodgate',
    description: 'Name of the service in traces',
    minLength: 1,
  }),
  OTEL_SDK_DISABLED: Type.Boolean({ default: false, description: 'Nothing is traced' }),
  OTEL_TRACES_EXPORTER: Type.String({
    default: '',
    description: 'otlp, console or none; unset: otlp where an endpoint is set, else none',
    pattern: '^(|otlp|console|none)$',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.String({
    default: '',
    description: 'Collector that takes traces as OTLP over HTTP, as http://host:4318',
    pattern: '^(|https?://\\S+)$',
  }),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: Type.String({
    default: '',
    description: 'Where traces are posted, as http://host:4318/v1/traces, instead',
    pattern: '^(|https?://\\S+)$',
  }),
  OTEL_TRACES_SAMPLER: Type.Union(
    [
      Type.Literal('always_on'),
      Type.Literal('always_off'),
      Type.Literal('traceidratio'),
      Type.Literal('parentbased_always_on'),
      Type.Literal('parentbased_always_off'),
      Type.Literal('parentbased_traceidratio'),
    ],
    {
      default: 'parentbased_traceidratio',
      description: 'Which requests are traced; parentbased_: as their caller decided',
    },
  ),
  OTEL_TRACES_SAMPLER_ARG: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'The standard name of TRACES_SAMPLE_RATIO; it goes first',
    }),
  ),
  TRACES_SAMPLE_RATIO: Type.Number({
    default: 0.1,
    minimum: 0,
    maximum: 1,
    description: 'Share of requests that are traced, of those whose caller did not decide',
  }),
  TRACES_MAX_PER_SECOND: Type.Integer({
    default: 2000,
    minimum: 1,
    maximum: 1_000_000,
    description: 'Requests that a process traces in a second, whoever asks for it',
  }),
  OTEL_BSP_MAX_QUEUE_SIZE: Type.Integer({
    default: 4096,
    minimum: 1,
    maximum: 1_000_000,
    description: 'Spans that wait for the collector; more are dropped and counted',
  }),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: Type.Integer({
    default: 512,
    minimum: 1,
    maximum: 100_000,
    description: 'Spans in one post to the collector',
  }),
  OTEL_BSP_SCHEDULE_DELAY: Type.Integer({
    default: 5000,
    minimum: 1,
    maximum: 600_000,
    description: 'Milliseconds after which spans are sent although the post is not full',
  }),
  OTEL_BSP_EXPORT_TIMEOUT: Type.Integer({
    default: 10_000,
    minimum: 1,
    maximum: 600_000,
    description: 'Milliseconds that one post may take, with its retries',
  }),
}
