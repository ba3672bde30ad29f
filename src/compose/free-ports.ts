import { createServer } from 'node:net'
import type { Environment, Settings } from '../config.ts'

/** Ports that were not asked for give way: when the default is taken, a free one is taken instead. */
export async function withFreePorts(
  config: Settings,
  env: Environment,
  report: (line: string) => void,
): Promise<Settings> {
  let { PORT, DIAGNOSTICS_PORT } = config
  if (!env['PORT'] && !(await isFree(config.HOST, PORT))) {
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
