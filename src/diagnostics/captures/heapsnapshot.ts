import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HeapSize } from '../heap/heap-size.ts'
import { type Prediction, predictSnapshot } from '../heap/predict-snapshot.ts'
import type { WrittenSnapshot } from '../heap/write-snapshot.ts'
import { limits } from '../limits.ts'
import type { Cost } from '../link/protocol.ts'
import { Refusal } from '../refusal.ts'
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
    worker: optionalInteger(0, 1_000_000, 'Of this worker; without it the one with the largest heap'),
  },
  shows: 'Every object of one process and what holds it, for Chrome DevTools.',
  cost: 'The process does nothing else for some 115 ms per MiB of small objects, and takes up to 20 times their memory. dryRun=1 says how much.',

  async run({ dryRun, count, worker }, { server, signal }) {
    const chosen = await choose(server, worker, signal)
    const ask = (name: string, params: unknown) =>
      server.ask(chosen.worker, name, params, { timeoutMs: limits.snapshotTimeoutMs, signal })
    const objects = count === 1 ? ((await ask('count-objects', null)) as number) : null
    const prediction = predictSnapshot(chosen.size, objects)
    if (dryRun === 1)
      return { answer: told(chosen, prediction), cost: { stallMs: 0, cpuMs: 0, peakBytes: 0 } }
    const dir = server.config.artifactsDir ?? tmpdir()
    await admit(chosen, prediction, dir)
    const path = join(dir, `.heapsnapshot-${randomUUID()}.tmp`)
    // Not called off with the caller: a process that has begun writes to the end, and only then is there something to remove.
    const writing = server.ask(chosen.worker, 'write-heapsnapshot', path, {
      timeoutMs: limits.snapshotTimeoutMs,
    })
    try {
      const written = (await orAborted(writing, signal)) as WrittenSnapshot
      return { answer: sent(path, chosen, written, prediction), cost: costOf(written) }
    } catch (error) {
      void writing.catch(() => {}).finally(() => rm(path, { force: true }))
      throw (error as NodeJS.ErrnoException).code === 'ENOSPC' || /ENOSPC|no space/i.test(String(error))
        ? new Refusal({ status: 507, code: 'disk_full', message: `there was no room for it in ${dir}` })
        : error
    }
  },
})

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
  path: string,
  { worker }: Chosen,
  { bytes }: WrittenSnapshot,
  { peakBytes }: Prediction,
): Answer {
  return {
    contentType: 'application/json',
    fileName: `worker-${worker}.heapsnapshot`,
    headers: {
      'x-diagnostics-worker': String(worker),
      'x-diagnostics-bytes': String(bytes),
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
