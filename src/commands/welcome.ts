import { randomBytes } from 'node:crypto'
import { LOCAL_JWT_SECRET, type Settings } from '../config.ts'
import { signToken } from '../http/token.ts'
import type { Started } from './started.ts'

const TOKEN_HOURS = 24

/** Says where the service is, and how to book a seat by pasting one line. */
export async function welcome(
  config: Settings,
  { addresses, processes }: Pick<Started, 'addresses' | 'processes'>,
  seeded: boolean,
  print: (line: string) => void,
): Promise<void> {
  if (seeded) print('seeded the demo on-sale: "Floodgate Live", two shows, five zones of 20,000 seats each')
  print('')
  if (addresses.api) {
    print(`  Try it       ${addresses.api}/`)
    print(`  API          ${addresses.api}/api/v1`)
    print(`  OpenAPI      ${addresses.api}/docs`)
    print(`  Readiness    ${addresses.api}/ready`)
  }
  if (addresses.diagnostics) print(`  Metrics      ${addresses.diagnostics}/metrics`)
  if (processes) print(`  Processes    ${processes}`)
  const hint = addresses.api ? await bookingHint(config, addresses.api) : null
  if (hint) {
    print('')
    print(`  A customer's token (${TOKEN_HOURS} h; npm run token -- --user U --role R prints others):`)
    print(`  ${hint.token}`)
    print('')
    print('  Book a seat:')
    print(`  ${hint.curl}`)
  }
  print('')
  print('  Ctrl-C stops it.')
}

/** null where nothing is on sale, or the secret is not the public one: what is printed here ends in logs, and is good for a day. */
async function bookingHint(config: Settings, api: string): Promise<{ token: string; curl: string } | null> {
  const signsWithKeys = config.JWT_PUBLIC_KEY !== '' || config.JWT_JWKS_URL !== ''
  if (signsWithKeys || config.JWT_SECRET !== LOCAL_JWT_SECRET) return null
  const page = (await (await fetch(`${api}/api/v1/events?limit=100`)).json()) as {
    items?: {
      id: string
      status: string
      queue_required: boolean
      shows: { zones: { id: string }[] }[]
    }[]
  }
  const event = page.items?.find(
    ({ status, queue_required, shows }) => status === 'on_sale' && !queue_required && shows[0]?.zones[0],
  )
  const zone = event?.shows[0]?.zones[0]
  if (!event || !zone) return null
  const token = signToken({
    user: `guest-${randomBytes(3).toString('hex')}`,
    role: 'customer',
    expiresInSeconds: TOKEN_HOURS * 3600,
    secret: config.JWT_SECRET,
    audience: config.JWT_AUDIENCE,
  })
  const body = JSON.stringify({
    event_id: event.id,
    zone_id: zone.id,
    quantity: 1,
  })
  const curl = `curl -i -X POST ${api}/api/v1/bookings/reserve -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' -d '${body}'`
  return { token, curl }
}
