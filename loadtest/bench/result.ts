import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { SoakMeasured } from '../soak/measured.ts'
import type { AuditOutcome } from './audit-stage.ts'
import type { CapacityMeasured } from './capacity.ts'
import type { CeilingMeasured } from './ceiling.ts'
import type { CrowdMeasured } from './crowd.ts'
import type { DiagnosticsMeasured } from './diagnostics.ts'
import type { Machine, Versions } from './machine.ts'
import type { ResultName } from './options.ts'
import type { OverheadMeasured } from './overhead.ts'
import type { PersistMeasured } from './persist.ts'
import type { PoolsMeasured } from './pools.ts'
import type { QueueMeasured } from './queue.ts'
import type { RefusedMeasured } from './refused.ts'
import type { StartupMeasured } from './startup.ts'
import type { StreamsMeasured } from './streams.ts'

export interface MeasuredOf {
  ceiling: CeilingMeasured
  capacity: CapacityMeasured
  persist: PersistMeasured
  pools: PoolsMeasured
  refused: RefusedMeasured
  queue: QueueMeasured
  streams: StreamsMeasured
  crowd: CrowdMeasured
  startup: StartupMeasured
  overhead: OverheadMeasured
  diagnostics: DiagnosticsMeasured
  soak: SoakMeasured
}

/** What docs/benchmarks/<name>.json says: the numbers, and all that is needed to judge and repeat them. */
export interface BenchResult<Name extends ResultName = ResultName> {
  bench: Name
  command: string
  /** RFC 3339, UTC: when it ended. */
  date: string
  revision: string
  machine: Machine
  versions: Versions
  seconds: number
  rounds: number
  /** The audit that followed; it was green, or there would be no result. */
  audit: AuditOutcome
  measured: MeasuredOf[Name]
}

export const docsDir = resolve(import.meta.dirname, '../../docs')
export const resultsDir = join(docsDir, 'benchmarks')

/** Replaces the last result of this bench. Numbers keep four significant digits: no run repeats more. */
export function writeResult(result: BenchResult): string {
  mkdirSync(resultsDir, { recursive: true })
  const path = join(resultsDir, `${result.bench}.json`)
  writeFileSync(path, `${JSON.stringify(result, rounded, 2)}\n`)
  return path
}

/** Four significant digits, for JSON.stringify. */
export function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value
}
