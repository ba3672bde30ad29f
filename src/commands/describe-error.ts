/** An error with what caused it; the stack of the last cause is where the matter is. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined
    ? (error.stack ?? error.message)
    : `${error.message}\n  because ${describeError(error.cause)}`
}
