import { Unavailable } from '../../src/pipeline/unavailable.ts'
import type { Random } from './random.ts'

/** A process that died at a named point: nothing after it runs. */
export class Crash extends Error {
  override readonly name = 'Crash'
}

/** What may happen at a call between two stores. Its name is `port.method:fate`, a failpoint. */
const fates = ['crash-before', 'crash-after', 'refused', 'answer-lost'] as const
type Fate = (typeof fates)[number]

interface Waiting {
  task: string
  point: string
  go: (fate: Fate | null) => Promise<void>
}

const STUCK_MS = 20_000

/** Calls that change nothing, so that there is nothing new to check. */
const READS = /^(ledger\.find|inspection\.|source\.(generations|cursors|stock)|rebuild\.(waiting|entries))/

/**
 * Runs several tasks at once and decides, by the seed, whose next call to a store is made. A call runs alone, to its end; between
 * two calls anything may happen. So a seed is one interleaving.
 */
export function makeScheduler(random: Random, options: { faultChance: number; trace: string[] }) {
  const waiting: Waiting[] = []
  const running = new Set<Promise<void>>()
  let onStep: () => Promise<void> = async () => {}
  let faults = true

  /** Wraps every method of a port so that a call waits for its turn; calls that are not `only` go through. */
  function gate<Port extends object>(
    port: string,
    target: Port,
    task: string,
    only: (...args: unknown[]) => boolean = () => true,
  ): Port {
    return new Proxy(target, {
      get(object, method) {
        const value = Reflect.get(object, method)
        if (typeof value !== 'function' || typeof method === 'symbol') return value
        return (...args: unknown[]) => {
          if (!only(...args)) return Reflect.apply(value, object, args)
          return new Promise((resolve, reject) => {
            const point = `${port}.${method}`
            waiting.push({
              task,
              point,
              async go(fate) {
                if (fate === 'crash-before') return reject(new Crash(`${point}:${fate}`))
                if (fate === 'refused') return reject(new Unavailable(`${point}:${fate}`))
                try {
                  const answer = await Reflect.apply(value, object, args)
                  if (fate === 'crash-after') return reject(new Crash(`${point}:${fate}`))
                  if (fate === 'answer-lost') return reject(new Unavailable(`${point}:${fate}`))
                  resolve(answer)
                } catch (error) {
                  reject(error)
                }
              },
            })
          })
        }
      },
    })
  }

  /** Lets every task run on until it waits for its next call or has ended: a task makes one call at a time. */
  async function settle(): Promise<void> {
    const endMs = performance.now() + STUCK_MS
    while (running.size > waiting.length) {
      if (performance.now() > endMs) throw new Error('a task neither waits for its turn nor ends')
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  return {
    gate,
    tasks: () => running.size,
    onStep(check: () => Promise<void>) {
      onStep = check
    },
    /** Without faults, what is under way can be brought to an end. */
    withoutFaults() {
      faults = false
    },
    async start(work: () => Promise<void>): Promise<void> {
      const task = work().finally(() => running.delete(task))
      running.add(task)
      await settle()
    },
    /** Makes one waiting call. @returns false when none waits */
    async step(): Promise<boolean> {
      if (waiting.length === 0) return false
      const [chosen] = waiting.splice(random.below(waiting.length), 1) as [Waiting]
      const fate = faults && random.chance(options.faultChance) ? random.pick(fates) : null
      options.trace.push(`${chosen.task}  ${chosen.point}${fate ? `:${fate}` : ''}`)
      await chosen.go(fate)
      await settle()
      const nothingChanged = fate === 'crash-before' || fate === 'refused' || READS.test(chosen.point)
      if (!nothingChanged) await onStep()
      return true
    },
  }
}

export type Scheduler = ReturnType<typeof makeScheduler>
