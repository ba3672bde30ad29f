/** Against DNS rebinding and other sites' forms: who may be named in Host, and from where a browser may come. */
import { isIP } from 'node:net'
import { Refusal } from '../refusal.ts'

export function isLoopback(host: string): boolean {
  const name = host.toLowerCase()
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'))
}

export type Headers = Readonly<Record<string, string | string[] | undefined>>

/** What is a document without data, so that a link to it may be followed from anywhere. */
const documents: readonly string[] = ['/', '/ui']

/**
 * A browser that follows a link to the page, into a tab of its own. The page takes no frame, so nothing of it can be seen by whoever links
 * to it, and it asks for its data itself, from this origin.
 */
export function isLinkToPage(method: string | undefined, path: string, headers: Headers): boolean {
  return (
    (method === 'GET' || method === 'HEAD') &&
    documents.includes(path) &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document'
  )
}

/**
 * A name that an attacker's DNS points here is refused. An address cannot be pointed elsewhere, so where the port is open to the network
 * any address is good; a loopback port is called by loopback's names alone.
 *
 * @param isLink see isLinkToPage
 * @throws Refusal misdirected (421), cross_site (403)
 */
export function checkHost(
  headers: Headers,
  config: { host: string; allowedHosts: readonly string[] },
  isLink = false,
): void {
  const given = headers.host
  const name = typeof given === 'string' ? hostName(given) : null
  const known =
    name !== null &&
    (isLoopback(name) ||
      name === config.host.toLowerCase() ||
      config.allowedHosts.includes(name) ||
      (!isLoopback(config.host) && isIP(name) !== 0))
  if (!known) {
    const message = 'the Host header names a host that this port is not known by (allowedHosts adds one)'
    throw new Refusal({ status: 421, code: 'misdirected', message })
  }
  const origin = headers.origin
  const foreign = origin !== undefined && origin !== `http://${given}` && origin !== `https://${given}`
  const site = headers['sec-fetch-site']
  if (foreign || (!isLink && (site === 'cross-site' || site === 'same-site'))) {
    throw new Refusal({
      status: 403,
      code: 'cross_site',
      message: 'pages of other sites may not call this port',
    })
  }
}

/** Without the port and the brackets of IPv6; null for what is no host. */
function hostName(host: string): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(host)
  return (match?.[1] ?? match?.[2])?.toLowerCase() ?? null
}
