import { openLog } from '../compose/log.ts'
import { composeService } from '../compose.ts'
import { parseConfig } from '../config.ts'
import { startParts } from '../lifecycle.ts'
import { isRole, roles } from '../roles.ts'
import { joinSupervisor } from '../supervisor/join.ts'
import { makeMetrics } from '../telemetry/metrics.ts'
import { type Command, UsageError } from './context.ts'
import { describeError } from './describe-error.ts'

/** One process of several, on stores that are there and ready; started by `start` with its configuration, never by hand. */
export const member: Command = async ([role = ''], context) => {
  if (!isRole(role)) throw new UsageError(`usage: member ${roles.join('|')}`)
  const config = parseConfig(context.env)
  const supervisor = joinSupervisor({ drainMs: config.DRAIN_MS, withinMs: config.SHUTDOWN_TIMEOUT_MS })
  const metrics = makeMetrics()
  const { log, close } = openLog({ level: config.LOG_LEVEL, onDropped: () => metrics.droppedLines.inc() })
  try {
    const service = await composeService(config, role, metrics, log, 'member')
    const running = await startParts(service.parts, log)
    supervisor.ready(service.addresses().api)
    const { why, drainMs, withinMs } = await supervisor.stop
    const endMs = performance.now() + withinMs
    log.info({ role, why }, 'stopping')
    await service.drain(Math.min(drainMs, withinMs))
    await running.stop(endMs - performance.now())
    return 0
  } catch (error) {
    await supervisor.failed(describeError(error))
    return 1
  } finally {
    await close()
    supervisor.leave()
  }
}
