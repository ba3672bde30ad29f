/** What keeps a command from running is told in its message: where in our code it was noticed helps nobody. */
export class CannotRun extends Error {}

/** What a command says at its end when it failed. */
export function failureText(error: unknown): string {
  if (error instanceof CannotRun) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
