/**
 * The transport over process IPC. Messages travel in an envelope of one key, so that an application's own messages are left alone, and
 * serialized by V8, so that bytes, NaN and big integers survive whichever serialization the application chose for its cluster.
 */
import cluster, { type Worker } from 'node:cluster'
import { deserialize, serialize } from 'node:v8'
import type { Call, Cancel, Meeting, Reply } from './protocol.ts'

const KEY = 'node:diagnostics:1'

/** A worker says that it can be asked. */
interface Joined {
  kind: 'joined'
}

/** The primary asks who is there, for workers that were there first. */
interface Hello {
  kind: 'hello'
}

type FromWorker = Joined | Reply
type FromPrimary = Hello | Meeting | Call | Cancel

function wrapped(message: FromWorker | FromPrimary): Record<string, string> {
  return { [KEY]: serialize(message).toString('base64') }
}

function unwrapped<T>(message: unknown): T | null {
  if (typeof message !== 'object' || message === null) return null
  const text = (message as Record<string, unknown>)[KEY]
  if (typeof text !== 'string') return null
  return deserialize(Buffer.from(text, 'base64')) as T
}

export interface PrimaryLink {
  post(message: Call | Cancel): void
  /** Tells those who are there, and whoever comes, where threads meet. */
  meet(meeting: Meeting): void
  stop(): void
}

/** The primary's end: who is there, and a way to each. */
export function linkToWorkers(on: {
  reply(reply: Reply): void
  members(workers: number[]): void
}): PrimaryLink {
  const joined = new Map<number, Worker>()
  let meeting: Meeting | null = null
  const changed = () => on.members([...joined.keys()].sort((one, other) => one - other))

  const onMessage = (worker: Worker, message: unknown) => {
    const content = unwrapped<FromWorker>(message)
    if (content?.kind === 'reply') return on.reply({ ...content, process: worker.id })
    if (content?.kind !== 'joined') return
    joined.set(worker.id, worker)
    if (meeting) worker.send(wrapped(meeting), ignore)
    changed()
  }
  const onGone = (worker: Worker) => {
    if (joined.delete(worker.id)) changed()
  }
  cluster.on('message', onMessage)
  cluster.on('disconnect', onGone)
  cluster.on('exit', onGone)
  for (const worker of Object.values(cluster.workers ?? {})) {
    if (worker?.isConnected()) worker.send(wrapped({ kind: 'hello' }), ignore)
  }

  return {
    post(message) {
      const worker = joined.get(message.process)
      // One that is dying is noticed by its end; the question has a deadline.
      if (worker?.isConnected()) worker.send(wrapped(message), ignore)
    },
    meet(next) {
      meeting = next
      for (const worker of joined.values()) if (worker.isConnected()) worker.send(wrapped(next), ignore)
    },
    stop() {
      cluster.off('message', onMessage)
      cluster.off('disconnect', onGone)
      cluster.off('exit', onGone)
    },
  }
}

export interface WorkerLink {
  post(reply: Reply): void
  stop(): void
}

/** A worker's end. @throws where there is no channel to a primary */
export function linkToPrimary(on: {
  ask(message: Call | Cancel): void
  meeting(meeting: Meeting): void
}): WorkerLink {
  if (!process.send) throw new Error('joinDiagnostics needs a process that was forked by node:cluster')
  const send = (message: FromWorker) => {
    if (process.connected) process.send?.(wrapped(message), undefined, undefined, ignore)
  }
  const onMessage = (message: unknown) => {
    const content = unwrapped<FromPrimary>(message)
    if (content?.kind === 'hello') send({ kind: 'joined' })
    else if (content?.kind === 'meeting') on.meeting(content)
    else if (content) on.ask(content)
  }
  process.on('message', onMessage)
  send({ kind: 'joined' })
  return { post: send, stop: () => void process.off('message', onMessage) }
}

function ignore(): void {}
