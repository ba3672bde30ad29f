/**
 * What continuous profiling costs each request of the service, with everything else on: two processes, with and without it, at the same
 * steady rate in turns, one pair a round. And what a rule's `watch` costs while it looks.
 */
import { EVERYTHING, layerOf } from './overhead-layers.ts'
import { load, resell, STEADY_PER_SECOND, startLayer, startSink, steadyLoad } from './overhead-process.ts'
import type { BenchRun } from './plan.ts'
import type { NodeProcess } from './service-process.ts'
import type { Stage } from './stage.ts'
import { type Interval, pairedRatio, type Spread, spreadBy } from './statistics.ts'
import { warmUp } from './warm-up.ts'

export interface ContinuousMeasured {
  perSecond: number
  rounds: number
  /** CPU of the process without continuous profiling, µs a request. */
  cpuMicros: Spread
  /** With continuous profiling, against the process without in the same round. */
  ratio: Interval
  /** Of a third process while a rule watches it, against the one with continuous profiling alone in the same round. */
  watches: { name: string; ratio: Interval }[]
}

const ROUNDS = 24
/** What a look costs is so much more that some rounds tell it. */
const ROUNDS_WATCHED = 6

/** As rules/witness.ts looks. */
const watches = [
  { name: 'heap', path: '/debug/pprof/heap?gc=1' },
  { name: 'allocations', path: '/debug/pprof/allocs?' },
  { name: 'waits', path: '/debug/pprof/mutex?' },
] as const

interface Sample {
  plain: number
  continuous: number
  watched: number[]
}

export async function measureContinuous(run: BenchRun, stage: Stage): Promise<ContinuousMeasured> {
  const { plan, say } = run
  await using running = new AsyncDisposableStack()
  const sink = await startSink(stage, running)
  const start = async (isOn: boolean) =>
    running.adopt(
      await startLayer(stage, layerOf(EVERYTHING), sink, { CONTINUOUS_PROFILING: `${isOn}` }),
      (process) => process.stop(),
    )
  const plain = await start(false)
  const continuous = await start(true)
  // What somebody looks at is another process for a while: a collection of everything, which shrinks V8's young generation, comes with it.
  const looked = await start(true)
  await resell(run, stage, async (scriptArgs) => {
    for (const server of [plain, continuous, looked])
      await warmUp(plan, async (seconds) => {
        const { requests } = await load(run, server, scriptArgs, plan.poolConnections, seconds)
        return { perSecond: requests / seconds }
      })
  })
  const samples: Sample[] = []
  const rounds = plan.rounds === 1 ? 1 : ROUNDS
  for (let round = 0; round < rounds; round++) {
    await resell(run, stage, async (scriptArgs) => {
      const ask = (server: NodeProcess) => steadyLoad(run, server, scriptArgs)
      const first = round % 2 === 0 ? await ask(plain) : null
      const own = await ask(continuous)
      const cpu = first ?? (await ask(plain))
      const watched: number[] = []
      for (const { path } of round < ROUNDS_WATCHED ? watches : []) {
        const looking = look(`${looked.diagnosticsUrl}${path}&seconds=${plan.seconds}`)
        watched.push(await ask(looked))
        await looking
      }
      samples.push({ plain: cpu, continuous: own, watched })
      say(`  µs a request: ${cpu.toFixed(0)} without, ${own.toFixed(0)} with continuous profiling`)
    })
  }
  return {
    perSecond: STEADY_PER_SECOND,
    rounds,
    cpuMicros: spreadBy(samples, ({ plain: cpu }) => cpu),
    ratio: pairedRatio(samples.map((sample) => ({ value: sample.continuous, base: sample.plain }))),
    watches: watches.map(({ name }, index) => ({
      name,
      ratio: pairedRatio(
        samples
          .slice(0, ROUNDS_WATCHED)
          .map((sample) => ({ value: sample.watched[index] ?? 0, base: sample.continuous })),
      ),
    })),
  }
}

async function look(url: string): Promise<void> {
  const response = await fetch(url)
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
}
