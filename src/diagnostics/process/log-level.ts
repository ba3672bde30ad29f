import { Refusal } from '../refusal.ts'

interface LogLevel {
  get(): string
  set(level: string): void
}

export const levels: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

export function levelOf(logLevel: LogLevel | undefined): string {
  if (!logLevel) {
    const message = 'the service did not say how its log level is changed'
    throw new Refusal({ status: 404, code: 'no_log_level', message })
  }
  return logLevel.get()
}

/** @returns the level before. @throws Refusal bad_level, no_log_level */
export function setLevel(logLevel: LogLevel | undefined, level: string): { before: string; level: string } {
  const before = levelOf(logLevel)
  if (!levels.includes(level)) {
    throw new Refusal({
      status: 400,
      code: 'bad_level',
      message: `level must be one of ${levels.join(', ')}`,
    })
  }
  logLevel?.set(level)
  return { before, level }
}
