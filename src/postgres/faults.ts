import { Unavailable } from '../pipeline/unavailable.ts'

/**
 * SQLSTATEs that say "not now": connection exceptions, insufficient resources, cancelled by a deadline, shutting down,
 * read-only (a standby), serialization and deadlock. https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const NOT_NOW = /^(08|53|57|25006|40)/

/** node-postgres's own failures, which carry no SQLSTATE. */
const LOST =
  /timeout|terminated|closed|ended|not queryable|ECONN|EPIPE|ENOENT|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EAI_AGAIN/i

/** The SQLSTATE of an error, or null when it is not the server's answer. */
export function sqlState(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : null
}

/** Turns what means "PostgreSQL cannot answer now" into Unavailable; anything else stays what it is. */
export function translateFault(error: unknown): unknown {
  if (error instanceof Unavailable || !(error instanceof Error)) return error
  const state = sqlState(error)
  const away =
    state === null
      ? LOST.test(`${error.message} ${String((error as { code?: unknown }).code)}`)
      : NOT_NOW.test(state)
  return away ? new Unavailable('postgres', { cause: error }) : error
}
