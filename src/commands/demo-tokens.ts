import { LOCAL_JWT_SECRET, type Settings } from '../config.ts'

/**
 * On one's own machine, where the signing secret is the public one, the page hands out tokens unless DEMO_TOKENS says
 * no: a first visit needs no command line.
 */
export function withDemoTokens(config: Settings, env: NodeJS.ProcessEnv): Settings {
  const isSaid = Boolean(env['DEMO_TOKENS']?.trim())
  return isSaid || !signsInTheOpen(config) ? config : { ...config, DEMO_TOKENS: true }
}

function signsInTheOpen({ NODE_ENV, JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS_URL }: Settings): boolean {
  return (
    NODE_ENV !== 'production' &&
    JWT_SECRET === LOCAL_JWT_SECRET &&
    JWT_PUBLIC_KEY === '' &&
    JWT_JWKS_URL === ''
  )
}
