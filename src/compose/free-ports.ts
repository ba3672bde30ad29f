import { createServer } from 'node:net'
import type { Environment, Settings } from '../config.ts'
import type { Role } from '../roles.ts'

/**
 * Ports that were not asked for give way: when the default is taken, a free one is taken instead. Not in production, where somebody waits at
 * the port that the documentation names, and not that of the API in a worker, which does not open it and tells the API's its webhooks.
 */
export async function withFreePorts(
  config: Settings,
  role: Role,
  env: Environment,
  report: (line: string) => void,
): Promise<Settings> {
  if (config.NODE_ENV === 'production') return config
  let { PORT, DIAGNOSTICS_PORT } = config
  if (role !== 'worker' && !env['PORT'] && !(await isFree(config.HOST, PORT))) {
    report(`port ${PORT} is taken: taking a free one (set PORT to choose)`)
    PORT = 0
  }
  const diagnostics = DIAGNOSTICS_PORT ?? (PORT === 0 ? 0 : PORT + 1000)
  if (
    DIAGNOSTICS_PORT === undefined &&
    diagnostics !== 0 &&
    !(await isFree(config.DIAGNOSTICS_HOST, diagnostics))
  ) {
    report(`port ${diagnostics} is taken: taking a free one (set DIAGNOSTICS_PORT to choose)`)
    DIAGNOSTICS_PORT = 0
  }
  return {
    ...config,
    PORT,
    ...(DIAGNOSTICS_PORT === undefined ? {} : { DIAGNOSTICS_PORT }),
  }
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, host, () => probe.close(() => resolve(true)))
  })
}
