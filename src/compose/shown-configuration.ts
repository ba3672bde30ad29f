import type { Settings } from '../config.ts'

/** The path of such an address is often all that a receiver asks for: who knows it may post. */
const RECEIVERS = ['NOTIFICATION_WEBHOOK_URL', 'PAYMENT_WEBHOOK_URL'] as const

/** The configuration as diagnostics may show it; what has the name or the form of a secret they leave out by themselves. */
export function shownConfiguration(config: Settings): Record<string, unknown> {
  const receivers = RECEIVERS.map((name) => {
    const url = URL.parse(config[name])
    return [name, url === null ? config[name] : `${url.origin}/[removed]`]
  })
  return { ...config, ...Object.fromEntries(receivers) }
}
