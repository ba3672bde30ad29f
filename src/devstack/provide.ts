import { existsSync } from 'node:fs'
import type { Found } from './find-program.ts'
import { findJava, findMaven, findPostgres, findPrometheus, findRedis } from './find-program.ts'
import { installPackages } from './install.ts'
import { kafkaJarsDir } from './kafka-jars.ts'

/** Redis, PostgreSQL and Kafka are what the service runs on; Prometheus looks at it, where somebody asks for that. */
export interface WantedStores {
  redis: boolean
  postgres: boolean
  kafka: boolean
  prometheus?: boolean
}

export interface ProvideOptions {
  dataDir: string
  toolsDir: string
  want: WantedStores
  assumeYes: boolean
  env: NodeJS.ProcessEnv
  report: (line: string) => void
}

type Missing = Extract<Found, { kind: 'missing' }>

/**
 * Sees to it that the programs of the wanted stores are on this machine. Throws when one of them cannot be had, with a
 * line that says what, why, and the command that gets it. Kafka alone may be missing: that is reported only.
 */
export async function providePrograms(options: ProvideOptions): Promise<void> {
  const { want, env } = options
  const needed = missingOf(
    await Promise.all([
      ...(want.redis ? [findRedis(env)] : []),
      ...(want.postgres ? [findPostgres(env)] : []),
      ...(want.prometheus ? [findPrometheus(env)] : []),
    ]),
  )
  const hasJars = existsSync(kafkaJarsDir(options.toolsDir))
  const forKafka = want.kafka
    ? missingOf(await Promise.all([findJava(env), ...(hasJars ? [] : [findMaven(env)])]))
    : []
  const all = [...needed, ...forKafka]
  if (all.length === 0) return
  const outcome = await installPackages({
    ...options,
    packages: all.flatMap((program) => program.packages),
    why: all.map((program) => program.why).join(', '),
  })
  if (outcome.kind === 'installed') return
  if (needed.length > 0) throw new Error(outcome.why)
  options.report(`going on without Kafka (events wait in the outbox): ${outcome.why}`)
}

function missingOf(found: readonly Found[]): Missing[] {
  return found.filter((program) => program.kind === 'missing')
}
