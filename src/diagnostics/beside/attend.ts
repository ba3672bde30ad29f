/** The thread beside a cluster worker's main thread: it goes to where the server thread is, and answers there. */
import { connect, type Socket } from 'node:net'
import type { MessagePort } from 'node:worker_threads'
import { limits } from '../limits.ts'
import { onFrames, sendFrame } from '../link/frames.ts'
import type { Call, Cancel, FromThread, Meeting, Stop, Told } from '../link/protocol.ts'
import type { Shared } from '../shared.ts'
import { startBeside } from './answering.ts'

export interface BesideData {
  role: 'beside'
  number: number
  shared: Shared
  artifactsDir: string | null
  port: MessagePort
}

/** Runs until it is told to stop. Each meeting replaces the one before: the server thread may have been started again. */
export function attend({ number, shared, artifactsDir, port }: BesideData): void {
  const post = (message: FromThread) => port.postMessage(message)
  let socket: Socket | null = null
  const answering = startBeside(
    {
      number,
      shared,
      artifactsDir,
      log: (level, fields, message) => post({ kind: 'log', level, fields, message }),
    },
    (reply) => {
      if (socket) sendFrame(socket, reply)
    },
  )
  port.on('message', (message: Meeting | Told | Stop) => {
    if (message.kind === 'told') {
      // A server thread that takes nothing is not waited for.
      if (socket && socket.writableLength < limits.replyMaxBytes) sendFrame(socket, message)
      return
    }
    socket?.destroy()
    if (message.kind === 'stop') {
      void answering.stop().finally(() => port.close())
      return
    }
    const next = connect(message.path)
    socket = next
    // The primary names another place when there is one.
    next.on('error', () => next.destroy())
    sendFrame(next, { kind: 'hello', secret: message.secret, process: number })
    onFrames(next, limits.replyMaxBytes, (asked) => void answering.receive(asked as Call | Cancel))
  })
}
