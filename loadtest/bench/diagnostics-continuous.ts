/**
 * What continuous profiling costs each request, and what a rule's `watch` costs while it looks: one process at a time, the same requests at the
 * same rate, in pairs. It needs no stores: `node loadtest/bench/diagnostics-continuous.ts [ROUNDS]` runs it alone.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BenchRun } from './plan.ts'
import { type Interval, pairedRatio, type Spread, spreadBy } from './statistics.ts'

export interface ContinuousMeasured {
  perSecond: number
  rounds: number
  /** CPU of the process without continuous profiling, µs a request. */
  cpuMicros: Spread
  /** With continuous profiling, against the process without in the same round. */
  ratio: Interval
  /** While a rule watches, against the same process before. */
  watches: { name: string; ratio: Interval }[]
}

const PER_SECOND = 600
const TICK_MS = 20
const CONNECTIONS = 16
const WARM_MS = 3000
const MEASURE_MS = 5000
const ROUNDS = 6

/** As rules/witness.ts looks, for as long. */
const watches = [
  { name: 'heap', path: '/debug/pprof/heap?seconds=5&gc=1' },
  { name: 'allocations', path: '/debug/pprof/allocs?seconds=5' },
  { name: 'waits', path: '/debug/pprof/mutex?seconds=5' },
] as const

interface Sample {
  plain: number
  continuous: number
  watched: number[]
}

export async function measureContinuous(
  { say, signal }: Pick<BenchRun, 'say' | 'signal'>,
  rounds = ROUNDS,
): Promise<ContinuousMeasured> {
  const samples: Sample[] = []
  for (let round = 0; round < rounds; round++) {
    signal.throwIfAborted()
    const plain = () => alone('plain', false, signal)
    const first = round % 2 === 0 ? await plain() : null
    const continuous = await alone('continuous', true, signal)
    const [cpu] = first ?? (await plain())
    const [own, ...watched] = continuous
    samples.push({ plain: cpu ?? 0, continuous: own ?? 0, watched })
    say(`  µs a request: ${cpu?.toFixed(0)} without, ${own?.toFixed(0)} with continuous profiling`)
  }
  return {
    perSecond: PER_SECOND,
    rounds,
    cpuMicros: spreadBy(samples, ({ plain }) => plain),
    ratio: pairedRatio(samples.map(({ plain, continuous }) => ({ value: continuous, base: plain }))),
    watches: watches.map(({ name }, index) => ({
      name,
      ratio: pairedRatio(
        samples.map(({ continuous, watched }) => ({ value: watched[index] ?? 0, base: continuous })),
      ),
    })),
  }
}

/** One process with nothing beside it but who asks. @returns µs of CPU a request: as it is, then during each watch */
async function alone(
  mode: 'plain' | 'continuous',
  withWatches: boolean,
  signal: AbortSignal,
): Promise<number[]> {
  const child = fork(join(import.meta.dirname, 'diagnostics-continuous-app.ts'), [mode], { signal })
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  let timer: NodeJS.Timeout | undefined
  try {
    const [{ port, diagnosticsPort }] = (await once(child, 'message')) as [Ready]
    timer = setInterval(() => {
      for (let index = 0; index < (PER_SECOND * TICK_MS) / 1000; index++) askOnce(port, agent)
    }, TICK_MS)
    await sleep(WARM_MS, undefined, { signal })
    const measured = [await during(child, () => sleep(MEASURE_MS, undefined, { signal }))]
    for (const { path } of withWatches ? watches : []) {
      measured.push(
        await during(child, async () => {
          const response = await fetch(`http://127.0.0.1:${diagnosticsPort}${path}`, { signal })
          await response.arrayBuffer()
          if (!response.ok) throw new Error(`${path} answered ${response.status}`)
        }),
      )
    }
    return measured
  } finally {
    clearInterval(timer)
    agent.destroy()
    child.removeAllListeners()
    child.on('error', () => {})
    child.kill('SIGKILL')
  }
}

interface Ready {
  port: number
  diagnosticsPort: number
}

async function during(child: ChildProcess, work: () => Promise<void>): Promise<number> {
  const before = await usage(child)
  await work()
  const after = await usage(child)
  return (after.cpuMicros - before.cpuMicros) / (after.requests - before.requests)
}

async function usage(child: ChildProcess): Promise<{ cpuMicros: number; requests: number }> {
  const answered = once(child, 'message')
  child.send('usage')
  const [said] = (await answered) as [{ cpuMicros: number; requests: number }]
  return said
}

function askOnce(port: number, agent: Agent): void {
  get({ host: '127.0.0.1', port, path: '/', agent }, (response) => response.resume()).on('error', () => {})
}

if (import.meta.main) {
  const say = (line: string) => void process.stderr.write(`${line}\n`)
  const signal = new AbortController().signal
  const measured = await measureContinuous({ say, signal }, Number(process.argv[2] ?? ROUNDS))
  process.stdout.write(`${JSON.stringify(measured, null, 2)}\n`)
}
