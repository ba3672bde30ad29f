import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { findWrk } from './find-wrk.ts'

export interface WrkOptions {
  /** A script of loadtest/wrk. */
  script: 'reserve' | 'confirm' | 'position'
  scriptArgs: readonly string[]
  url: string
  connections: number
  seconds: number
  signal?: AbortSignal
}

export interface WrkSummary {
  seconds: number
  requests: number
  not_2xx: number
  socket_errors: number
  timeouts: number
  p50_ms: number
  p95_ms: number
  p99_ms: number
}

const scripts = resolve(import.meta.dirname, '../wrk')
/** One thread is far faster than the service; a second would only take turns with what is measured. */
const THREADS = 1
const GRACE_MS = 15_000
const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost']

/** Runs wrk to its end. Its load goes to this machine only. @throws when it fails, says nothing, or was called off */
export async function runWrk(options: WrkOptions): Promise<WrkSummary> {
  const { script, scriptArgs, url, connections, seconds } = options
  if (!LOOPBACK.includes(new URL(url).hostname))
    throw new Error(`load is sent to this machine only, not to ${url}`)
  const wrk = findWrk(process.env)
  if (wrk === null) throw new Error('wrk is not on PATH')
  const args = ['-t', `${THREADS}`, '-c', `${connections}`, '-d', `${seconds}s`, '--timeout', '10s']
  const child = spawn(wrk, [...args, '-s', `${scripts}/${script}.lua`, url, '--', ...scriptArgs], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.any([
      AbortSignal.timeout(seconds * 1000 + GRACE_MS),
      ...(options.signal ? [options.signal] : []),
    ]),
    killSignal: 'SIGKILL',
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  await new Promise<void>((done, fail) => {
    child.on('error', fail)
    child.once('close', (code, killed) =>
      code === 0 ? done() : fail(new Error(`wrk ended with ${killed ?? code}:\n${output}`)),
    )
  })
  const summary = /^SUMMARY (\{.*\})$/m.exec(output)?.[1]
  if (summary === undefined) throw new Error(`wrk printed no summary:\n${output}`)
  return JSON.parse(summary) as WrkSummary
}
