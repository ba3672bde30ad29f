/** A run and its result in lines for the terminal. */
import { relative } from 'node:path'
import type { ScenarioResult } from './run-scenario.ts'
import type { Shape } from './scenario.ts'
import type { Second } from './series.ts'

export function resultLines(result: ScenarioResult, dir: string): string[] {
  const { offered, achieved, dropped, latencyMs, drainedAfterSeconds, knee, problems, evidence } = result
  const { queuePausedSeconds } = result
  const ms = (name: string) => `${latencyMs[name]?.toFixed(1) ?? '?'} ms`
  return [
    '',
    `${result.scenario}: ${problems.length === 0 ? 'passed' : 'FAILED'}`,
    `  iterations   ${achieved.toFixed(0)}/s${offered === null ? '' : ` of ${offered}/s`}, ${dropped} dropped, ${result.loadSeconds.toFixed(0)} s`,
    `  latency      p50 ${ms('med')}, p95 ${ms('p(95)')}, p99 ${ms('p(99)')}, max ${ms('max')}`,
    `  answers      ${listed(result.answers)}`,
    `  CPU          ${listed(result.cpuMicros, (micros) => `${micros.toFixed(0)} µs`)} a request`,
    `  behind       ${result.peakWalLagSeconds.toFixed(2)} s, ${result.peakWalEntries} entries, ${result.peakOutboxRows} outbox rows at most; empty ${drainedAfterSeconds?.toFixed(1) ?? 'not'} s after the load`,
    `  books        ${booksLine(result)}`,
    `  audit        ${result.audit}`,
    ...(knee === null ? [] : [`  knee         ${knee.toFixed(0)}/s within the objective`]),
    ...(queuePausedSeconds > 0
      ? [`  queues       let nobody in for ${queuePausedSeconds} s: there was too much to do`]
      : []),
    ...problems.map((problem) => `  PROBLEM      ${problem}`),
    ...(evidence
      ? [
          `  evidence     ${[evidence.flight, evidence.profile]
            .filter((path) => path !== null)
            .map(short)
            .join(', ')}: ${evidence.worst}`,
        ]
      : []),
    `  reports      ${short(dir)}`,
  ]
}

export function shapeLine({ rate, seconds, users, people }: Shape): string {
  const parts = [rate && `${rate}/s`, users && `${users} users`, people && `${people} people`, `${seconds} s`]
  return parts.filter(Boolean).join(', ')
}

export function secondLine(second: Second): string {
  const { atSeconds, perSecond, p99Ms, walLagSeconds, failedPerSecond } = second
  const p99 = p99Ms === null ? '' : `, p99 ${p99Ms.toFixed(0)} ms`
  const failed = failedPerSecond > 0 ? `, ${failedPerSecond.toFixed(0)} failed` : ''
  return `  ${atSeconds.toFixed(0).padStart(4)} s  ${perSecond.toFixed(0).padStart(6)}/s${p99}, PostgreSQL ${walLagSeconds.toFixed(2)} s behind${failed}`
}

export function booksLine({ acknowledged, stored }: Pick<ScenarioResult, 'acknowledged' | 'stored'>): string {
  const { unanswered } = acknowledged
  const pairs = [
    ['reserved', acknowledged.reserved, stored.bookings, unanswered.reserve],
    ['confirmed', acknowledged.confirmed, stored.confirmed, unanswered.confirm],
    ['cancelled', acknowledged.cancelled, stored.cancelled, unanswered.cancel],
  ] as const
  return pairs
    .filter(([, told, kept]) => told + kept > 0)
    .map(([what, told, kept, open]) => `${what}: ${told} acknowledged, ${open} unanswered, ${kept} stored`)
    .join('; ')
}

export function listed(
  values: Readonly<Record<string, number>>,
  show = (value: number) => `${value}`,
): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${show(value)}`)
    .join(', ')
}

function short(path: string): string {
  return relative(process.cwd(), path) || '.'
}
