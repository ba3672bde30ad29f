/** What a command gets from the process that runs it. */
export interface CommandContext {
  env: NodeJS.ProcessEnv
  /** The script that started, for processes that are started from it. */
  mainPath: string
  /** Results, for standard output. */
  print: (line: string) => void
  /** Progress and problems, for standard error. */
  report: (line: string) => void
}

/** @returns the exit code */
export type Command = (args: string[], context: CommandContext) => Promise<number>

/** What was typed cannot be understood; the message says how it should be typed. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
