/**
 * node --import floodgate/diagnostics/register app.js: mounts the library in a service whose source is not touched, configured by
 * DIAGNOSTICS_HOST, DIAGNOSTICS_PORT (9083 unless set), DIAGNOSTICS_TOKEN, DIAGNOSTICS_ALLOWED_HOSTS (separated by commas) and
 * DIAGNOSTICS_ARTIFACTS_DIR, and DIAGNOSTICS_CONTINUOUS=1 for the flight recorder, and DIAGNOSTICS_HEAP_SAMPLING=1. In node:cluster the primary serves and the workers join it.
 *
 * What a service forks inherits --import, NODE_OPTIONS and the port: a process that finds its port taken says so and goes on without
 * diagnostics. What was asked for wrongly stops the start.
 */
import cluster from 'node:cluster'
import { isMainThread } from 'node:worker_threads'
import { joinDiagnostics } from './join.ts'
import { limits } from './limits.ts'
import type { DiagnosticsLog } from './options.ts'
import { reasonOf } from './refusal.ts'
import { startDiagnostics } from './start.ts'

const log: DiagnosticsLog = { info: write, warn: write }

function write(fields: object, message: string): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), message, ...fields })}\n`)
}

// --import runs in the service's own worker threads too.
if (isMainThread) {
  const env = process.env
  const artifactsDir = env.DIAGNOSTICS_ARTIFACTS_DIR
  const continuous = isOn('DIAGNOSTICS_CONTINUOUS', env.DIAGNOSTICS_CONTINUOUS)
  const heapSampling = isOn('DIAGNOSTICS_HEAP_SAMPLING', env.DIAGNOSTICS_HEAP_SAMPLING)
  if (cluster.isWorker) joinDiagnostics({ log, artifactsDir, continuous, heapSampling })
  else {
    const started = await startDiagnostics({
      host: env.DIAGNOSTICS_HOST,
      port: portIn(env.DIAGNOSTICS_PORT),
      token: env.DIAGNOSTICS_TOKEN,
      allowedHosts: namesIn(env.DIAGNOSTICS_ALLOWED_HOSTS),
      artifactsDir,
      continuous,
      heapSampling,
      log,
    }).catch(goOnWithout)
    if (started) write({ host: started.host, port: started.port }, 'diagnostics')
  }
}

/** @throws the error, unless it is that somebody else has the port: that must not end a service */
function goOnWithout(error: NodeJS.ErrnoException): null {
  if (error.code !== 'EADDRINUSE') throw error
  write({ why: reasonOf(error) }, 'this process goes on without diagnostics')
  return null
}

function namesIn(text = ''): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/** @throws Error for what is no port, so that the service does not start without what was asked for */
function portIn(text: string | undefined): number {
  if (text === undefined || text === '') return limits.port
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new Error(`DIAGNOSTICS_PORT=${JSON.stringify(text)} is not a port`)
}

/** @throws Error for what is neither, so that nothing is left off unnoticed */
function isOn(name: string, text = '0'): boolean {
  if (text === '1') return true
  if (text === '0' || text === '') return false
  throw new Error(`${name}=${JSON.stringify(text)} is neither 0 nor 1`)
}
