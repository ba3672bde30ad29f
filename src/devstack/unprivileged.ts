import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** A user to run as, and the command prefix that becomes it. Undefined where we are not root. */
export interface Unprivileged {
  uid: number
  gid: number
  /** Put before a command line that works in `dir`. */
  prefix(dir: string): string[]
}

/** PostgreSQL refuses to run as root: there it runs as Debian's `postgres`, or as `nobody`. */
export function unprivilegedUser(): Unprivileged | undefined {
  if (process.getuid?.() !== 0) return undefined
  const entry = passwdEntry('postgres') ?? passwdEntry('nobody')
  if (!entry)
    throw new Error('running as root, and neither a user postgres nor nobody exists for PostgreSQL to run as')
  const { uid, gid } = entry
  return {
    uid,
    gid,
    prefix: (dir) => {
      const become = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups']
      // A clone below /root is closed to everyone else: there the server keeps the one capability to pass through.
      const pass = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override']
      return isReachable(dirname(dir)) ? [...become, '--'] : [...become, ...pass, '--']
    },
  }
}

function passwdEntry(name: string): { uid: number; gid: number } | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((row) => row.startsWith(`${name}:`))
  const fields = line?.split(':')
  return fields && { uid: Number(fields[2]), gid: Number(fields[3]) }
}

function isReachable(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    const searchableByOthers = 0o001
    if ((statSync(folder).mode & searchableByOthers) === 0) return false
    if (folder === dirname(folder)) return true
  }
}
