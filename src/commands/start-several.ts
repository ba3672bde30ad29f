import type { Logger } from 'pino'
import { composePrimary } from '../compose/primary.ts'
import { type Settings, toEnvironment } from '../config.ts'
import { freePort } from '../devstack/port.ts'
import { startParts } from '../lifecycle.ts'
import type { Role } from '../roles.ts'
import { forkMember } from '../supervisor/member.ts'
import type { PlaceObserver } from '../supervisor/place.ts'
import { type Group, makeSupervisor, type Processes } from '../supervisor/supervisor.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Started } from './started.ts'

const START_TIMEOUT_MS = 120_000
/** A process that ends every part at its deadline needs a little longer than that. */
const KILL_GRACE_MS = 2000

/**
 * Runs a role in several processes, and serves no request itself: WEB_CONCURRENCY API processes on one port and, for `all`, before them one
 * for the background work, so that Redis is looked after when the first sells.
 *
 * @throws CannotStart
 */
export async function startSeveral(
  asked: Settings,
  role: Role,
  metrics: Metrics,
  log: Logger,
  mainPath: string,
): Promise<Started> {
  // Chosen here, so that it stays the same when the last process that listens on it dies.
  const config = asked.PORT === 0 ? { ...asked, PORT: await freePort() } : asked
  const primary = composePrimary(asked, metrics, log)
  const running = await startParts(primary.parts, log)
  let api: string | null | undefined
  const supervisor = makeSupervisor({
    groups: groupsOf(config, role, mainPath),
    startTimeoutMs: START_TIMEOUT_MS,
    killGraceMs: KILL_GRACE_MS,
    observer: observe(log, () => api !== undefined),
  })
  // However this process ends, but for kill -9: then they notice by themselves.
  process.on('exit', supervisor.kill)
  try {
    api = await supervisor.start()
  } catch (error) {
    await running.stop(config.SHUTDOWN_TIMEOUT_MS)
    throw error
  }
  const names = supervisor.look().map(({ name, pid }) => `${name} (${pid})`)
  return {
    addresses: { api, diagnostics: primary.diagnosticsAddress() },
    processes: `${names.join(', ')}; kill -HUP ${process.pid} exchanges them one by one`,
    onHangUp: () => void exchange(supervisor, config, log),
    async stop(withinMs) {
      const endMs = performance.now() + withinMs
      await supervisor.stop(withinMs)
      await running.stop(endMs - performance.now())
    },
  }
}

function groupsOf(config: Settings, role: Role, mainPath: string): Group[] {
  const env = toEnvironment(config)
  const launch = (part: Role) => () =>
    forkMember({ exec: mainPath, args: ['member', part], execArgv: process.execArgv, env })
  const api = { name: 'api', count: config.WEB_CONCURRENCY, launch: launch('api') }
  return role === 'all' ? [{ name: 'worker', count: 1, launch: launch('worker') }, api] : [api]
}

async function exchange(supervisor: Processes, config: Settings, log: Logger): Promise<void> {
  log.info('every process is replaced, one after the other')
  const order = { drainMs: config.DRAIN_MS, withinMs: config.SHUTDOWN_TIMEOUT_MS }
  const outcome = await supervisor.restart(order)
  if (outcome.kind === 'restarted') log.info(outcome, 'every process has been replaced')
  else log.error(outcome, 'a new process did not get ready: those not yet replaced go on')
}

/** @param isUp whether the service has started: what comes before is no news */
function observe(log: Logger, isUp: () => boolean): PlaceObserver {
  return {
    ready: (place, pid) => log[isUp() ? 'info' : 'debug']({ place, process: pid }, 'a process is ready'),
    died: (place, pid, how, pauseMs) =>
      log.error({ place, process: pid, how, pauseMs }, 'a process ended unasked; another one is started'),
    late: (place, pid) => log.error({ place, process: pid }, 'a process did not stop in time and is killed'),
  }
}
