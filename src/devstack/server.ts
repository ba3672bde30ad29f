import type { ProcessIdentity } from './identity.ts'
import { tailLog } from './log-file.ts'
import type { ServerProcess } from './server-process.ts'
import { waitFor } from './wait.ts'

/** A running store: `url` is what a client connects to (for Kafka `host:port`). */
export interface Server extends ServerProcess {
  port: number
  url: string
}

/** What every launcher takes. Directories are absolute paths. */
export interface LaunchOptions {
  dir: string
  port: number
  logPath: string
  env: NodeJS.ProcessEnv
  /** Ends the start: whatever was started until then is killed. */
  signal?: AbortSignal | undefined
  /** Told as soon as there is a pid, long before the server is ready, so that it can be recorded. */
  onSpawn?: ((pid: number) => void) | undefined
}

export interface ReadyRule {
  name: string
  url: string
  port: number
  check: (pid: number) => boolean | Promise<boolean>
  timeoutMs: number
  logPath: string
  signal?: AbortSignal | undefined
}

/** Waits until the server answers. Where it ends, hangs or the signal aborts, it is killed and an error tells why. */
export async function untilReady(server: ServerProcess, rule: ReadyRule): Promise<Server> {
  const ended = new AbortController()
  let how = ''
  void server.exited.then((exit) => {
    how = `it exited with ${exit.signal ?? exit.code}`
    ended.abort()
  })
  const signal = AbortSignal.any([ended.signal, ...(rule.signal ? [rule.signal] : [])])
  const ready = await waitFor(() => rule.check(server.pid), {
    timeoutMs: rule.timeoutMs,
    signal,
  })
  if (ready && !ended.signal.aborted) {
    return { ...server, port: rule.port, url: rule.url }
  }
  server.kill('SIGKILL')
  await server.exited
  if (rule.signal?.aborted) throw new Error(`${rule.name}: its start was called off`)
  const why = how === '' ? `it was not ready after ${rule.timeoutMs / 1000} s` : how
  throw new Error(`${rule.name} did not start: ${why}; the end of ${rule.logPath}:\n${tailLog(rule.logPath)}`)
}

/** How a store is taken over from a keeper that died: undefined when it does not answer as it should. */
export type Adopt = (identity: ProcessIdentity) => Promise<Server | undefined>

/**
 * The environment of a store: a store is configured by its arguments alone, so PGDATA, JAVA_TOOL_OPTIONS and the like
 * of the person's shell do not reach it.
 */
export function serverEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept: NodeJS.ProcessEnv = { LANG: 'C.UTF-8', TZ: 'UTC' }
  for (const name of ['PATH', 'HOME', 'TMPDIR', 'LD_LIBRARY_PATH']) {
    if (env[name] !== undefined) kept[name] = env[name]
  }
  return kept
}
