import { parseArgs } from 'node:util'
import { parseConfig } from '../config.ts'
import { signToken } from '../http/token.ts'
import { type Command, UsageError } from './context.ts'

const usage = 'usage: npm run token -- --user U [--role customer|organizer|admin] [--hours H]'
const roles = ['customer', 'organizer', 'admin'] as const

/** Prints an access token for local use. */
export const token: Command = async (args, { env, print }) => {
  const { values } = parseArgs({
    args,
    options: {
      user: { type: 'string' },
      role: { type: 'string', default: 'customer' },
      hours: { type: 'string', default: '24' },
    },
  })
  const config = parseConfig(env)
  const { user } = values
  const role = roles.find((known) => known === values.role)
  const hours = Number(values.hours)
  if (!user || user.length > 128 || !role || !(hours > 0 && hours <= 8760)) throw new UsageError(usage)
  if (config.JWT_PUBLIC_KEY !== '' || config.JWT_JWKS_URL !== '') {
    throw new UsageError('tokens are verified with a public key here: whoever has the private one signs them')
  }
  const { JWT_SECRET: secret, JWT_AUDIENCE: audience } = config
  print(
    signToken({
      user,
      role,
      expiresInSeconds: Math.round(hours * 3600),
      secret,
      audience,
    }),
  )
  return 0
}
