import { limits } from './limits.ts'
import { textWithoutSecrets } from './secrets-in-text.ts'

/** What is answered instead: a stable code for programs, a message for people. It crosses threads and processes as plain data. */
export interface RefusalFields {
  status: number
  code: string
  message: string
  headers?: Record<string, string>
}

export class Refusal extends Error implements RefusalFields {
  override readonly name = 'Refusal'
  readonly status: number
  readonly code: string
  readonly headers: Record<string, string>

  constructor({ status, code, message, headers = {} }: RefusalFields) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

/** A refusal as it is; anything else as a fault of the library or of the application's callback. */
export function refusalOf(error: unknown): RefusalFields {
  if (error instanceof Refusal) {
    const { status, code, message, headers } = error
    return { status, code, message, headers }
  }
  return { status: 500, code: 'failed', message: reasonOf(error) }
}

/** What an error says, without secrets: drivers like to name the address that they were given. */
export function reasonOf(error: unknown): string {
  return textWithoutSecrets(error instanceof Error ? error.message : String(error), limits.vars.maxCharacters)
}
