import { asking, statement } from '../diagnostics/index.ts'
import type { RedisPool } from '../redis/redis-pool.ts'
import type { ScriptObserver } from '../telemetry/observe-scripts.ts'

/**
 * The pool with its scripts watched. What a script stores of its caller's trace is the span of the call itself. Plain commands are not: they have
 * no name to tell a scan in steps, which is as it should be, from one command for each item.
 */
export function observeRedis(pool: RedisPool, observer: ScriptObserver): RedisPool {
  function watch(
    script: string,
    calls: number,
    argv: Readonly<Record<string, string | number>>,
    send: (context: string | null) => Promise<unknown>,
  ): Promise<unknown> {
    asking()
    statement(`EVALSHA ${script}`)
    const startMs = performance.now()
    const id = argv['booking_id']
    const traced = observer.begin({ script, calls, bookingId: typeof id === 'string' ? id : undefined })
    return send(traced?.context ?? null).then(
      (reply) => {
        observer.took(script, startMs)
        traced?.end(null)
        return reply
      },
      (error: unknown) => {
        observer.took(script, startMs)
        traced?.end(error)
        throw error
      },
    )
  }

  return {
    ...pool,
    script: (name, keys, argv, more) =>
      watch(name, 1, argv, (context) => pool.script(name, keys, withContext(argv, context), more)),
    scriptBuffers: (name, keys, argv, more) =>
      watch(name, 1, argv, (context) => pool.scriptBuffers(name, keys, withContext(argv, context), more)),
    scripts: (name, calls) =>
      watch(name, calls.length, {}, () => pool.scripts(name, calls)) as Promise<unknown[]>,
  }
}

function withContext<Argv extends Readonly<Record<string, string | number>>>(
  argv: Argv,
  context: string | null,
): Argv {
  return context !== null && 'traceparent' in argv ? { ...argv, traceparent: context } : argv
}
