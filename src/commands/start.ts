import { parseArgs } from 'node:util'
import type { Logger } from 'pino'
import { kafkaAccess, postgresAccess } from '../compose/access.ts'
import { withFreePorts } from '../compose/free-ports.ts'
import { openLog } from '../compose/log.ts'
import { assertPoolBudget } from '../compose/pool-budget.ts'
import type { Settings } from '../config.ts'
import { assertReachable } from '../kafka/reachable.ts'
import { RefusedConnection } from '../pipeline/refused-connection.ts'
import { migrate } from '../postgres/migrate.ts'
import { isRole, type Role, roles } from '../roles.ts'
import { type Metrics, makeMetrics } from '../telemetry/metrics.ts'
import { type Command, UsageError } from './context.ts'
import { seedDemo } from './demo.ts'
import { withDemoTokens } from './demo-tokens.ts'
import { startSeveral } from './start-several.ts'
import { type Started, startAlone } from './started.ts'
import { stopSignal } from './stop-signal.ts'
import { openTools, untilReconciled } from './tools.ts'
import { welcome } from './welcome.ts'
import { withStores } from './with-stores.ts'

/** `npm start [-- ROLE] [--yes]`: brings up what is not given, migrates, seeds an empty database, and runs until told to stop. */
export const start: Command = async (args, context) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      yes: { type: 'boolean', default: false },
      role: { type: 'string' },
    },
  })
  const role = values.role ?? positionals[0] ?? 'all'
  if (!isRole(role)) throw new UsageError(`usage: npm start -- [${roles.join('|')}] [--yes]`)

  const signal = stopSignal()
  const given = await withStores(['redis', 'postgres', 'kafka'], values.yes, context)
  try {
    const ported = await withFreePorts(given.config, role, context.env, context.report)
    const config = withDemoTokens(ported, context.env)
    const metrics = makeMetrics()
    const { log, close } = openLog({ level: config.LOG_LEVEL, onDropped: () => metrics.droppedLines.inc() })
    const several = config.WEB_CONCURRENCY > 1 && role !== 'worker'
    if (several) await assertPoolBudget(config, role)
    const starting = begin(config, role, several, { metrics, log, mainPath: context.mainPath })
    const started = await Promise.race([starting, signal.asked.then(() => null)])
    if (started === null) {
      // Nobody is served yet, and whatever is cut short is done by the next start: migrations, Redis, the first on-sale.
      starting.catch(() => {})
      log.info({ why: await signal.asked }, 'stopping before the start was over')
      await close()
      return 0
    }
    if (started.onHangUp) signal.onHangUp(started.onHangUp)
    await welcome(config, started, started.demo, context.print)
    const why = await signal.asked
    log.info({ why }, 'stopping')
    await started.stop(config.SHUTDOWN_TIMEOUT_MS)
    await close()
    return 0
  } finally {
    await given.stack.stop()
  }
}

interface Beginning {
  metrics: Metrics
  log: Logger
  mainPath: string
}

async function begin(
  config: Settings,
  role: Role,
  several: boolean,
  { metrics, log, mainPath }: Beginning,
): Promise<Started & { demo: boolean }> {
  const demo = await prepare(config)
  const started = several
    ? await startSeveral(config, role, metrics, log, mainPath)
    : await startAlone(config, role, metrics, log)
  return { ...started, demo }
}

const KAFKA_LOOK_MS = 5000

/** A broker that is away is waited for by whoever needs it. One that turns us away is for a person, and now. @throws RefusedConnection */
async function assertKafkaWouldHaveUs(config: Settings): Promise<void> {
  const access = kafkaAccess(config)
  if (access.brokers.length === 0) return
  await assertReachable(access, KAFKA_LOOK_MS).catch((error: unknown) => {
    // One that hangs up may be starting.
    if (error instanceof RefusedConnection && error.code !== 'KAFKA_HUNG_UP') throw error
  })
}

/** Migrates, makes Redis fit to sell, and seeds the demo on-sale when there is no event yet; in production only if it is asked for. */
async function prepare(config: Settings): Promise<boolean> {
  await migrate(postgresAccess(config))
  await assertKafkaWouldHaveUs(config)
  const tools = await openTools(config)
  try {
    await untilReconciled(tools)
    return (config.SEED_DEMO ?? config.NODE_ENV !== 'production') && (await seedDemo(tools))
  } finally {
    await tools.close()
  }
}
