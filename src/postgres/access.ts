import type { ClientConfig } from 'pg'
import { RefusedConnection, tlsRefusal } from '../pipeline/refused-connection.ts'
import { Unavailable } from '../pipeline/unavailable.ts'
import { sqlState, translateFault } from './faults.ts'

/** Where PostgreSQL is, who we are there, and whom its certificate must come from. */
export interface PostgresAccess {
  /** sslmode: none or disable is plain text; verify-full checks certificate and name, verify-ca the certificate alone. */
  url: string
  /** PEM; null: the authorities that Node trusts. */
  ca: string | null
}

/** What node-postgres needs. It reads sslmode otherwise than libpq does, so it never sees it. */
export function clientConfig({ url, ca }: PostgresAccess): Pick<ClientConfig, 'connectionString' | 'ssl'> {
  const address = new URL(url)
  const mode = address.searchParams.get('sslmode') ?? 'disable'
  if (mode === 'disable') return { connectionString: withoutMode(address), ssl: false }
  const ssl = {
    ...(ca !== null && { ca }),
    ...(mode === 'verify-ca' && { checkServerIdentity: () => undefined }),
  }
  return { connectionString: withoutMode(address), ssl }
}

function withoutMode(address: URL): string {
  address.searchParams.delete('sslmode')
  return address.href
}

/** Why PostgreSQL could not be reached or did not let us in; anything else stays what it is. */
export function translateRefusal(error: unknown): unknown {
  const tls = tlsRefusal(error)
  if (tls) return new RefusedConnection('postgres', tls.refusal, tls.why)
  const { message = '' } = (error ?? {}) as { message?: string }
  if (message === 'The server does not support SSL connections')
    return new RefusedConnection('postgres', 'NOT_TLS', 'the server does not speak TLS')
  const state = sqlState(error)
  // 28000 is also what pg_hba.conf says of a connection in plain text that it wants encrypted.
  if (state === '28000' && /no encryption|SSL off/.test(message))
    return new RefusedConnection('postgres', 'NEEDS_TLS', message)
  if (state === '28000' || state === '28P01' || /SASL.*password must be/.test(message))
    return new RefusedConnection('postgres', 'LOGIN_REFUSED', message)
  if (translateFault(error) instanceof Unavailable) return new Unavailable('postgres', { cause: error })
  return error
}
