import { closeSync, openSync } from 'node:fs'

export interface StopSignal {
  /** Resolves with the name of the first signal that asks the process to stop. A second one ends it at once. */
  asked: Promise<string>
  /** SIGHUP means this from now on, unless the terminal is gone: then it is a request to stop, as it is without this. */
  onHangUp(work: () => void): void
}

export function stopSignal(): StopSignal {
  const asked = Promise.withResolvers<string>()
  const hadTerminal = hasTerminal()
  let isAsked = false
  let hangUp: (() => void) | null = null

  function stop(signal: string): void {
    if (isAsked) process.exit(130)
    isAsked = true
    asked.resolve(signal)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  process.on('SIGHUP', (signal) => {
    if (hangUp === null || isAsked || (hadTerminal && !hasTerminal())) stop(signal)
    else hangUp()
  })
  return {
    asked: asked.promise,
    onHangUp(work) {
      hangUp = work
    },
  }
}

/** Whether this process has a controlling terminal: it cannot be opened any more when it was closed. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}
