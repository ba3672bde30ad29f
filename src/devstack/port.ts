import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

// Below Linux' ephemeral range (32768 and up): a port that the system hands to outgoing connections could be taken as
// somebody's source port while its store is down, and the store could not come back on it.
const lowestPort = 10_240
const highestPort = 32_767
const maxTries = 200

/** A free TCP port on 127.0.0.1. Throws when 200 random ones are all taken. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < maxTries; tries++) {
    const port = randomInt(lowestPort, highestPort + 1)
    if (await isFree(port)) return port
  }
  throw new Error(`no free port on 127.0.0.1 among ${maxTries} tried`)
}

/** The first free one of the wanted ports, or any free port. */
export async function pickPort(wanted: readonly (number | undefined)[]): Promise<number> {
  for (const port of wanted) {
    if (port !== undefined && (await isFree(port))) return port
  }
  return freePort()
}

/** Whether a server could listen on 127.0.0.1:port now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)))
  })
}
