/** The processes below a service, as the system knows them. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { identify, isSameProcess, type ProcessIdentity } from '../../src/devstack/identity.ts'

/** Processes that a service's primary started, by what they are: `member api`, `member worker`. */
export function membersOf(primaryPid: number, role: 'api' | 'worker'): ProcessIdentity[] {
  const children = readFileSync(`/proc/${primaryPid}/task/${primaryPid}/children`, 'utf8')
  return children
    .split(' ')
    .flatMap((pid) => identify(Number(pid), `member ${role}`) ?? [])
    .filter(isSameProcess)
}

/** Connections to a port of this machine that a process has accepted and keeps. */
export function connectionsOf(pid: number, port: number): number {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const inodes = new Set<string>()
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)) {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/)
    const ESTABLISHED = '01'
    if (local?.endsWith(suffix) && state === ESTABLISHED && inode) inodes.add(`socket:[${inode}]`)
  }
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => inodes.has(targetOf(`/proc/${pid}/fd/${fd}`))).length
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    return ''
  }
}
