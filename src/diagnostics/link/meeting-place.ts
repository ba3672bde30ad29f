/**
 * Where the threads beside cluster workers meet the server thread: a local socket that opens to a secret. What goes this way passes no
 * main thread, neither the worker's nor the primary's, so it arrives while they are blocked.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { limits } from '../limits.ts'
import { Refusal } from '../refusal.ts'
import { onFrames, sendFrame } from './frames.ts'
import type { Call, Cancel, Meeting, Reply, Told } from './protocol.ts'

/** The first frame of a thread that comes. */
interface Hello {
  kind: 'hello'
  secret: string
  process: number
}

export interface MeetingPlace {
  meeting: Meeting
  /** @throws Refusal when the thread beside that worker is not here (yet) */
  post(message: Call | Cancel): void
  close(): void
}

export function openMeetingPlace(onMessage: (message: Reply | Told) => void): Promise<MeetingPlace> {
  const { path, remove } = address()
  const secret = randomBytes(32).toString('hex')
  const here = new Map<number, Socket>()

  const server = createServer((socket) => {
    let number: number | null = null
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      if (number !== null && here.get(number) === socket) here.delete(number)
    })
    onFrames(socket, limits.replyMaxBytes + limits.bodyMaxBytes, (message) => {
      const said = message as Hello | Reply | Told
      if (number === null) {
        if (said.kind !== 'hello' || !same(said.secret, secret)) return void socket.destroy()
        number = said.process
        here.set(number, socket)
      } else if (said.kind === 'reply' || said.kind === 'told') onMessage({ ...said, process: number })
    })
    socket.unref()
  })
  server.maxConnections = limits.processesMax

  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.unref()
      resolve({
        meeting: { kind: 'meeting', path, secret },
        post(message) {
          const socket = here.get(message.process)
          if (socket) sendFrame(socket, message)
          else if (message.kind === 'call') throw notHere(message.process)
        },
        close() {
          server.close()
          for (const socket of here.values()) socket.destroy()
          remove()
        },
      })
    })
  })
}

/** Linux has names that no file stands for, so a killed process leaves nothing behind; the secret keeps others out everywhere. */
function address(): { path: string; remove(): void } {
  const name = `diagnostics-${process.pid}-${randomBytes(8).toString('hex')}`
  if (process.platform === 'linux') return { path: `\0${name}`, remove() {} }
  if (process.platform === 'win32') return { path: `\\\\.\\pipe\\${name}`, remove() {} }
  const dir = mkdtempSync(join(tmpdir(), 'diagnostics-'))
  return { path: join(dir, 'meet'), remove: () => rmSync(dir, { recursive: true, force: true }) }
}

export function notHere(process: number): Refusal {
  const message = `the thread beside worker ${process} is not connected`
  return new Refusal({ status: 503, code: 'not_connected', message })
}

function same(given: unknown, secret: string): boolean {
  if (typeof given !== 'string' || given.length !== secret.length) return false
  return timingSafeEqual(Buffer.from(given), Buffer.from(secret))
}
