import { createReadStream } from 'node:fs'
import { rm, statfs } from 'node:fs/promises'
import { unavailable } from '../artifacts/files.ts'
import type { Artifacts, Described } from '../artifacts/store.ts'
import { samplingRate } from '../flight/sampling-rate.ts'
import type { HeapSize } from '../heap/heap-size.ts'
import { type Prediction, predictSnapshot } from '../heap/predict-snapshot.ts'
import { compressFile, diskFull, snapshotPart } from '../heap/snapshot-files.ts'
import type { WrittenSnapshot } from '../heap/write-snapshot.ts'
import { limits } from '../limits.ts'
import type { Cost } from '../link/protocol.ts'
import { Refusal } from '../refusal.ts'
import { storeOf } from '../server/routes/artifacts.ts'
import type { ServerSide } from '../server/side.ts'
import { type Answer, defineCapture } from './capture.ts'
import { integer, optionalInteger } from './params.ts'

interface Chosen {
  worker: number
  size: HeapSize
}

/** Every object of one process, for Chrome's DevTools. It is written to disk first, and sent from there. */
export const heapsnapshot = defineCapture({
  name: 'heapsnapshot',
  route: '/debug/heapsnapshot',
  method: 'POST',
  scope: 'heap',
  where: 'server',
  exclusive: 'heap-sampler',
  params: {
    dryRun: integer(0, 1, 0, 'Only say what it would cost'),
    count: integer(0, 1, 0, 'Count the objects first: a better prediction, for a third of the stall'),
    keep: integer(0, 1, 0, 'Keep it as an artifact instead of sending it'),
    worker: optionalInteger(0, 1_000_000, 'Of this worker; without it the one with the largest heap'),
  },
  shows: 'Every object of one process and what holds it, for Chrome DevTools.',
  cost: 'The process does nothing else for some 115 ms per MiB of small objects, and takes up to 20 times their memory. dryRun=1 says how much.',

  async run({ dryRun, count, keep, worker }, { server, signal, acceptsGzip }) {
    const chosen = await choose(server, worker, signal)
    const ask = (name: string, params: unknown) =>
      server.ask(chosen.worker, name, params, { timeoutMs: limits.snapshotTimeoutMs, signal })
    const objects = count === 1 ? ((await ask('count-objects', null)) as number) : null
    const prediction = predictSnapshot(chosen.size, objects)
    if (dryRun === 1)
      return { answer: told(chosen, prediction), cost: { stallMs: 0, cpuMs: 0, peakBytes: 0 } }
    const store = keep === 1 ? storeOf({ server }) : null
    const { dir, path } = await snapshotPart(server.config.artifactsDir).catch((error: unknown) => {
      throw unavailable(error)
    })
    await admit(chosen, prediction, dir)
    // Not called off with the caller: a process that has begun writes to the end, and only then is there something to remove.
    const writing = server.ask(chosen.worker, 'write-heapsnapshot', path, {
      timeoutMs: limits.snapshotTimeoutMs,
    })
    try {
      const written = (await orAborted(writing, signal)) as WrittenSnapshot
      const cost = costOf(written)
      if (store) return { answer: await kept(store, server, chosen, path, signal), cost }
      const file = acceptsGzip ? await compressed(path, signal) : { path, bytes: written.bytes }
      return { answer: sent(file, acceptsGzip, chosen, written, prediction), cost }
    } catch (error) {
      const gone = writing.catch(() => {}).then(() => rm(path, { force: true }))
      if (!signal.aborted) await gone
      throw diskFull(error, dir)
    }
  },
})

async function compressed(path: string, signal: AbortSignal): Promise<{ path: string; bytes: number }> {
  const zipped = `${path.slice(0, -'.part'.length)}00.part`
  return { path: zipped, bytes: await compressFile(path, zipped, signal) }
}

/** @throws Refusal artifact_too_large, artifacts_unavailable; then nothing of it is there */
async function kept(
  store: Artifacts,
  { config, recorder }: ServerSide,
  { worker }: Chosen,
  path: string,
  signal: AbortSignal,
): Promise<Answer> {
  const at = new Date().toISOString().replaceAll(/[-:.]/g, '')
  const described: Described = {
    name: `worker-${worker}-${at}.heapsnapshot.gz`,
    kind: 'heapsnapshot',
    trigger: 'request',
    scope: 'heap',
    ...(config.revision ? { revision: config.revision } : {}),
    ...samplingRate(recorder.ring, worker),
  }
  const manifest = await store.putFile(described, (await compressed(path, signal)).path)
  return { contentType: 'application/json', body: `${JSON.stringify({ worker, kept: manifest }, null, 2)}\n` }
}

/** @throws the signal's reason as soon as it aborts */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

async function choose(server: ServerSide, worker: number | undefined, signal: AbortSignal): Promise<Chosen> {
  const members = server.members()
  if (worker !== undefined && !members.includes(worker)) {
    const message = `there are workers ${members.join(', ')}`
    throw new Refusal({ status: 404, code: 'unknown_worker', message })
  }
  const of = worker === undefined ? members : [worker]
  const options = { timeoutMs: limits.questionTimeoutMs, signal }
  const { parts } = await server.askEvery('heap-size', null, options, of)
  const sizes = parts.map((part) => ({ worker: part.worker, size: part.value as HeapSize }))
  const [largest] = sizes.toSorted((a, b) => b.size.smallBytes - a.size.smallBytes)
  if (!largest) throw new Refusal({ status: 503, code: 'no_answer', message: 'no process answered' })
  return largest
}

/** @throws Refusal insufficient_memory, disk_full (507) */
async function admit(
  { size }: Chosen,
  { peakAtMostBytes, fileBytes }: Prediction,
  dir: string,
): Promise<void> {
  const { availableBytes } = size
  if (peakAtMostBytes > availableBytes) {
    const message = `it may take ${mib(peakAtMostBytes)} MiB and ${mib(availableBytes)} MiB are left; count=1 may predict less`
    throw new Refusal({ status: 507, code: 'insufficient_memory', message })
  }
  const { bavail, bsize } = await statfs(dir)
  if (fileBytes > bavail * bsize) {
    const message = `it would write ${mib(fileBytes)} MiB and ${mib(bavail * bsize)} MiB are free in ${dir}`
    throw new Refusal({ status: 507, code: 'disk_full', message })
  }
}

function told({ worker, size }: Chosen, prediction: Prediction): Answer {
  return {
    contentType: 'application/json',
    body: `${JSON.stringify({ worker, ...size, predicted: prediction })}\n`,
  }
}

function sent(
  { path, bytes }: { path: string; bytes: number },
  isZipped: boolean,
  { worker }: Chosen,
  written: WrittenSnapshot,
  { peakBytes }: Prediction,
): Answer {
  return {
    contentType: 'application/json',
    fileName: `worker-${worker}.heapsnapshot`,
    headers: {
      'content-length': String(bytes),
      vary: 'accept-encoding',
      ...(isZipped ? { 'content-encoding': 'gzip' } : {}),
      'x-diagnostics-worker': String(worker),
      'x-diagnostics-bytes': String(written.bytes),
      'x-diagnostics-predicted-peak-bytes': String(peakBytes),
    },
    body: thenGone(path),
  }
}

/** Nothing is left of it, whether the caller took it all or hung up. */
async function* thenGone(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path)
  } finally {
    await rm(path, { force: true })
  }
}

function costOf({ stallMs, cpuMs, peakBytes }: WrittenSnapshot): Cost {
  return { stallMs, cpuMs, peakBytes }
}

function mib(bytes: number): number {
  return Math.round(bytes / 2 ** 20)
}
