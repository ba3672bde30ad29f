import type { ChildProcess } from 'node:child_process'
import type { Server, Socket } from 'node:net'
import { limits } from '../limits.ts'

export interface Resources {
  /** All that keeps the event loop alive, by Node's name for it, unless it is marked as not doing so. */
  types: Record<string, number>
  /** Connections by their other end. */
  sockets: Record<string, number>
  listening: string[]
  children: string[]
  /** Names that were left out, since there are bounds. */
  leftOut: number
}

/** Handles and requests of this process, now. Addresses only: nothing of what is sent. */
export function resourcesNow(): Resources {
  const result: Resources = { types: {}, sockets: {}, listening: [], children: [], leftOut: 0 }
  for (const type of process.getActiveResourcesInfo()) count(result, result.types, type)
  for (const handle of activeHandles()) describe(result, handle)
  return result
}

/** The documented list has types only; this one has the handles, and may be gone one day. */
function activeHandles(): object[] {
  const { _getActiveHandles: list } = process as unknown as { _getActiveHandles?: () => object[] }
  return list?.() ?? []
}

function describe(result: Resources, handle: object): void {
  const one = handle as Partial<Socket> & Partial<Server> & Partial<ChildProcess>
  if (typeof one.address === 'function' && typeof one.getConnections === 'function') {
    push(result, result.listening, addressText(one.address()))
  } else if (one.remoteAddress !== undefined) {
    count(result, result.sockets, `${one.remoteAddress}:${portText(one)}`)
  } else if (typeof one.spawnfile === 'string') {
    push(result, result.children, `pid ${one.pid} ${one.spawnfile}`)
  }
}

/** A client's port says nothing; the one that we called does. */
function portText({ localPort, remotePort }: Partial<Socket>): string {
  const accepted = localPort !== undefined && remotePort !== undefined && localPort < remotePort
  return accepted ? `* to our ${localPort}` : String(remotePort)
}

function addressText(address: unknown): string {
  if (typeof address === 'string') return address
  const { address: host, port } = (address ?? {}) as { address?: string; port?: number }
  return host === undefined ? 'closed' : `${host}:${port}`
}

function count(result: Resources, into: Record<string, number>, name: string): void {
  if (Object.hasOwn(into, name)) into[name] = (into[name] ?? 0) + 1
  else if (Object.keys(into).length < limits.resourceNamesMax) into[name] = 1
  else result.leftOut++
}

function push(result: Resources, into: string[], text: string): void {
  if (into.length < limits.resourceNamesMax) into.push(text.slice(0, limits.labelMaxCharacters))
  else result.leftOut++
}
