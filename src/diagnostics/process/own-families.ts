import type { MetricFamily } from '../metrics/family.ts'
import { blockFamilies } from './block-families.ts'
import type { ProcessSide } from './side.ts'

/** The library's series that each process knows for itself. */
export function ownFamilies({ sampler, governor, shared }: ProcessSide): MetricFamily[] {
  const { rotations, lost, stalls, stuck } = sampler.counts()
  return [
    gauge(
      'diagnostics_sampling_rate_hertz',
      'CPU samples a second; 0 while nothing samples',
      sampler.rateHertz(),
    ),
    counter('diagnostics_window_rotations_total', 'Windows of CPU samples that were turned over', rotations),
    counter('diagnostics_windows_lost_total', 'Windows that could not be encoded or taken', lost),
    counter(
      'diagnostics_window_stall_seconds_total',
      'Time that the main thread spent on turning windows over',
      stalls.sumSeconds(),
    ),
    {
      name: 'diagnostics_rotation_stall_seconds',
      help: 'How long the main thread did nothing else to turn a window over',
      type: 'histogram',
      merge: 'sum',
      samples: stalls.samples(),
    },
    gauge(
      'diagnostics_sampling_cost_ratio',
      'CPU that continuous sampling took in the last minute, of one core',
      governor.share(),
    ),
    counter(
      'diagnostics_governor_throttles_total',
      'Times that the sampling rate was halved because it cost too much',
      governor.throttles(),
    ),
    counter(
      'diagnostics_sampler_stuck_total',
      "Times that V8's sampling thread was found spinning and started again",
      stuck,
    ),
    ...blockFamilies(shared),
  ]
}

function gauge(name: string, help: string, value: number): MetricFamily {
  return { name, help, type: 'gauge', merge: 'each', samples: [{ suffix: '', labels: {}, value }] }
}

function counter(name: string, help: string, value: number): MetricFamily {
  return { name, help, type: 'counter', merge: 'sum', samples: [{ suffix: '', labels: {}, value }] }
}
