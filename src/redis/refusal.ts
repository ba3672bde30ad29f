import { RefusedConnection } from '../pipeline/refused-connection.ts'

/** What Redis's answer says of who we are and may do; null: it says something else. */
export function refusalOf({ message }: Error): RefusedConnection | null {
  if (/WRONGPASS|NOAUTH|invalid password|ERR AUTH/.test(message))
    return new RefusedConnection('redis', 'LOGIN_REFUSED', wordsOf(message))
  if (/NOPERM/.test(message)) return new RefusedConnection('redis', 'NOT_PERMITTED', wordsOf(message))
  return null
}

/** What the server says, without its code and what ioredis puts before it. */
function wordsOf(message: string): string {
  return message.replace(/^(Ready check failed: )?[A-Z]+ /, '')
}
