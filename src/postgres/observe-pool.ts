import { AsyncLocalStorage } from 'node:async_hooks'
import type { Pool, PoolClient } from 'pg'

/** Told of what a pool does, by whoever measures. What it gives back is called once, when that is over. */
export interface PoolObserver {
  /** Somebody wants a connection. */
  acquiring(): (error: unknown) => void
  /** A statement is sent. @param query its name, or the verb of those that have none: a closed set */
  querying(query: string, text: string): (error: unknown) => void
}

type Callback = (error: unknown, ...rest: unknown[]) => void

/** Statements without a name are the few that steer a transaction; anything else is told apart by nobody. */
const verbs = new Set(['begin', 'commit', 'rollback', 'savepoint', 'release', 'select'])

/** Watches the connections that a pool makes from now on, and the callers that wait for one. Call it before the first. */
export function observePool(pool: Pool, observer: PoolObserver): void {
  pool.on('connect', (client) => observeClient(client, observer))
  const connect = pool.connect.bind(pool) as (callback?: Callback) => unknown
  Object.assign(pool, {
    connect(callback?: Callback) {
      const acquired = observer.acquiring()
      if (callback === undefined) return observed(connect() as Promise<unknown>, acquired)
      // Whoever gives a connection back runs this: without the binding the work would be taken for theirs.
      const own = AsyncLocalStorage.bind(callback)
      return connect((error, ...rest) => {
        acquired(error)
        own(error, ...rest)
      })
    },
  })
}

function observeClient(client: PoolClient, observer: PoolObserver): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown
  Object.assign(client, {
    query(...args: unknown[]) {
      const [config] = args as [string | { name?: string; text?: string }]
      const text = typeof config === 'string' ? config : (config.text ?? '')
      const name = typeof config === 'string' ? undefined : config.name
      const done = observer.querying(name ?? verbOf(text), text)
      const last = args.at(-1)
      if (typeof last !== 'function') return observed(query(...args) as Promise<unknown>, done)
      args[args.length - 1] = (error: unknown, ...rest: unknown[]) => {
        done(error)
        ;(last as Callback)(error, ...rest)
      }
      return query(...args)
    },
  })
}

function observed(work: Promise<unknown>, done: (error: unknown) => void): Promise<unknown> {
  // A branch of its own: whoever waits for the work gets it as it is.
  work.then(() => done(null), done)
  return work
}

function verbOf(text: string): string {
  const verb = /^\s*([a-z]+)/i.exec(text)?.[1]?.toLowerCase() ?? ''
  return verbs.has(verb) ? verb : 'other'
}
