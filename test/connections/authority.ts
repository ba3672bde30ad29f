import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { uniqueName } from '../support/restartable.ts'

/** An authority of the test's own, and a certificate for 127.0.0.1 that it signed. Paths of PEM files. */
export interface Authority {
  ca: string
  certificate: string
  key: string
  /** The key with the certificate behind it, as Java wants them. */
  keyAndCertificate: string
}

/** Why there is no openssl on this machine, or false. */
export const withoutOpenssl: string | false = (() => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore', timeout: 10_000 })
    return false
  } catch {
    return 'openssl is not installed'
  }
})()

/** In the run's folder. Without openssl its files are not there. @param names what the certificate is for */
export function makeAuthority(name: string, names = 'IP:127.0.0.1'): Authority {
  const dir = join(process.env['FLOODGATE_TEST_DIR'] ?? '', uniqueName(name))
  const path = (file: string) => join(dir, file)
  const authority = {
    ca: path('ca.pem'),
    certificate: path('server.pem'),
    key: path('server.key'),
    keyAndCertificate: path('both.pem'),
  }
  if (withoutOpenssl) return authority
  mkdirSync(dir)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe', timeout: 30_000 })
  const key = (file: string) =>
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', path(file))
  key('ca.key')
  const ca = ['-key', path('ca.key'), '-subj', '/CN=Floodgate test authority', '-days', '2']
  openssl('req', '-x509', '-new', ...ca, '-out', path('ca.pem'))
  key('server.key')
  openssl('req', '-new', '-key', path('server.key'), '-subj', '/CN=server', '-out', path('server.csr'))
  writeFileSync(path('names'), `subjectAltName=${names}\n`)
  openssl(
    ...['x509', '-req', '-in', path('server.csr'), '-CA', path('ca.pem'), '-CAkey', path('ca.key')],
    ...['-CAcreateserial', '-days', '2', '-extfile', path('names'), '-out', path('server.pem')],
  )
  const both = [path('server.key'), path('server.pem')]
  writeFileSync(path('both.pem'), execFileSync('cat', both, { timeout: 10_000 }))
  return authority
}
