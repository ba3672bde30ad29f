import type { CeilingSample } from './ceiling-load.ts'
import type { LoadSample } from './service-load.ts'

/** What is said on the terminal while a bench goes on: one line a measurement. */
export function ceilingLine(sample: CeilingSample): string {
  return `  ceiling   ${common(sample)}  server ${sample.cpuMicros.server.toFixed(0)} µs`
}

export function serviceLine(label: string, sample: LoadSample): string {
  const { cpuMicros, faults } = sample
  const cpu = Object.entries(cpuMicros).map(([name, micros]) => `${name} ${micros.toFixed(0)}`)
  const verdict = faults !== '' ? `  DOES NOT COUNT: ${faults}` : ''
  return `  ${label.padEnd(9)} ${common(sample)}  lag ${sample.maxLagSeconds.toFixed(2)} s  µs: ${cpu.join(', ')}${verdict}`
}

function common({ connections, perSecond, p50Ms, p99Ms }: CeilingSample | LoadSample): string {
  const latency = `p50 ${p50Ms.toFixed(1)} p99 ${p99Ms.toFixed(1)} ms`
  return `${String(connections).padStart(3)} connections  ${perSecond.toFixed(0).padStart(6)}/s  ${latency}`
}
