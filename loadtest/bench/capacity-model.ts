/** The arithmetic of docs/capacity.md, and nothing else. */
import { PARTITIONS } from '../../src/pipeline/partition.ts'
import type { SoakMeasured } from '../soak/measured.ts'
import type { ResultName } from './options.ts'
import type { BenchResult } from './result.ts'
import type { CpuMicros } from './service-load.ts'

export interface UnitCosts {
  /** CPU for each reservation, µs. */
  micros: Omit<CpuMicros, 'wrk'>
  persistRowsPerSecond: number
  joinRedisMicros: number
  pollApiMicros: number
  bytesPerHold: number
  /** null before the first soak. */
  bytesPerIdempotencyKey: number | null
  bytesPerWaiting: number
  bytesPerStream: number
  /** Share of a core that is planned for; the rest is for bursts. */
  fill: number
}

export interface Needs {
  rate: number
  /** Cores that each component has work for. */
  cores: Omit<CpuMicros, 'wrk'>
  machines: number
  /** Of the whole service beside each other: a Redis of all partitions is as many cores as there are partitions. */
  installations: number
}

const FILL = 0.7
const CORES_A_MACHINE = 16

/** @returns null when a result is missing */
export function unitCosts(results: readonly BenchResult[]): UnitCosts | null {
  const find = <Name extends ResultName>(name: Name) =>
    (results as readonly BenchResult<Name>[]).find(({ bench }) => bench === name)?.measured
  const [capacity, persist, queue, streams] = [
    find('capacity'),
    find('persist'),
    find('queue'),
    find('streams'),
  ]
  if (!capacity || !persist || !queue || !streams) return null
  const counting = capacity.rounds.filter(({ faults }) => faults === '')
  const median = (values: number[]) =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
  const micros = (name: keyof CpuMicros) => median(counting.map(({ cpuMicros }) => cpuMicros[name]))
  const [few, many] = [streams.levels[0], streams.levels.at(-1)]
  return {
    micros: {
      api: micros('api'),
      worker: micros('worker'),
      redis: micros('redis'),
      postgres: micros('postgres'),
      kafka: micros('kafka'),
    },
    persistRowsPerSecond: persist.bestRowsPerSecond.median,
    joinRedisMicros: queue.joins.redisCpuMicros.median,
    pollApiMicros: queue.polls.apiCpuMicros.median,
    bytesPerHold: median(counting.map(({ redisBytes }) => redisBytes ?? Number.NaN)),
    bytesPerIdempotencyKey: bytesPerKey(find('soak')),
    bytesPerWaiting: queue.bytesPerWaiting,
    bytesPerStream:
      few && many && many.streams > few.streams
        ? ((many.apiRssMb - few.apiRssMb) * 2 ** 20) / (many.streams - few.streams)
        : Number.NaN,
    fill: FILL,
  }
}

/** With its share of the tables of all keys. */
function bytesPerKey(soak: SoakMeasured | undefined): number | null {
  const redis = soak?.rounds.at(-1)?.reading.redis
  const kind = redis?.kinds['idem']
  if (!redis || !kind || kind.keys === 0) return null
  const keys = Object.values(redis.kinds).reduce((sum, one) => sum + one.keys, 0)
  return kind.bytes / kind.keys + redis.tablesBytes / keys
}

export function needsFor(rate: number, { micros, fill }: UnitCosts): Needs {
  const cores = (value: number) => (rate * value) / 1e6 / fill
  const needed = {
    api: cores(micros.api),
    worker: cores(micros.worker),
    redis: cores(micros.redis),
    postgres: cores(micros.postgres),
    kafka: cores(micros.kafka),
  }
  const all = Object.values(needed).reduce((sum, value) => sum + value, 0)
  return {
    rate,
    cores: needed,
    machines: Math.max(1, Math.ceil(all / CORES_A_MACHINE)),
    installations: Math.max(1, Math.ceil(needed.redis / PARTITIONS)),
  }
}
