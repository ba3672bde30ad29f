/** Aborts on the first Ctrl-C, after which everything is stopped in order; the second ends the process at once. */
export function stopOnSignals(say: (line: string) => void): AbortSignal {
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) process.exit(130)
      say('stopping: ending the load, the service and the stores')
      stopping.abort(new Error(`stopped by ${signal}`))
    })
  }
  return stopping.signal
}
