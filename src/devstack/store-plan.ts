import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { findJava, findMaven } from './find-program.ts'
import type { ProcessIdentity } from './identity.ts'
import { adoptKafka, launchKafka } from './kafka.ts'
import { kafkaJarsDir } from './kafka-jars.ts'
import { adoptPostgres, launchPostgres } from './postgres.ts'
import { prepareKafka } from './prepare-kafka.ts'
import { adoptPrometheus, launchPrometheus, prometheusUrl } from './prometheus.ts'
import type { StoreName } from './record.ts'
import { adoptRedis, launchRedis } from './redis.ts'
import type { Server } from './server.ts'

export interface PlanOptions {
  dataDir: string
  toolsDir: string
  env: NodeJS.ProcessEnv
  report: (line: string) => void
}

/** One store as the keeper sees it: where it lives, and how it is started or taken over. */
export interface StorePlan {
  name: StoreName
  title: string
  dir: string
  preferredPort: number
  url(port: number): string
  launch(port: number, signal: AbortSignal, onSpawn: (pid: number) => void): Promise<Server>
  adopt(port: number, identity: ProcessIdentity): Promise<Server | undefined>
}

/** The stores of `.data/`, each in its folder, with its log in `.data/logs/`. */
export function storePlan(name: StoreName, options: PlanOptions): StorePlan {
  const { env, report, toolsDir } = options
  const dir = join(options.dataDir, name)
  const logPath = join(options.dataDir, 'logs', `${name}.log`)
  switch (name) {
    case 'redis':
      return {
        ...{ name, dir, title: 'Redis', preferredPort: 6379 },
        url: (port) => `redis://127.0.0.1:${port}`,
        launch: (port, signal, onSpawn) => launchRedis({ dir, port, logPath, env, signal, onSpawn }),
        adopt: adoptRedis,
      }
    case 'postgres':
      return {
        ...{ name, dir, title: 'PostgreSQL', preferredPort: 5432 },
        url: (port) => `postgres://floodgate@127.0.0.1:${port}/floodgate`,
        launch: (port, signal, onSpawn) => launchPostgres({ dir, port, logPath, env, signal, onSpawn }),
        adopt: (port, identity) => adoptPostgres(dir, port, identity),
      }
    case 'kafka':
      return {
        ...{ name, dir, title: 'Kafka', preferredPort: 9092 },
        url: (port) => `127.0.0.1:${port}`,
        launch: async (port, signal, onSpawn) => {
          const mavenLog = join(options.dataDir, 'logs', 'maven.log')
          const jarsDir = await prepareKafka({
            toolsDir,
            logPath: mavenLog,
            env,
            report,
            signal,
          })
          return launchKafka({
            dir,
            port,
            logPath,
            env,
            signal,
            onSpawn,
            jarsDir,
          })
        },
        adopt: adoptKafka,
      }
    case 'prometheus':
      return {
        ...{ name, dir, title: 'Prometheus', preferredPort: 9090 },
        url: prometheusUrl,
        launch: (port, signal, onSpawn) => launchPrometheus({ dir, port, logPath, env, signal, onSpawn }),
        adopt: (port, identity) => adoptPrometheus(dir, port, identity),
      }
  }
}

/** Why Kafka cannot be started on this machine, or undefined when it can: Java, and Maven until the jars are there. */
export async function kafkaObstacle(options: PlanOptions): Promise<string | undefined> {
  const java = await findJava(options.env)
  if (java.kind === 'missing') return java.why
  if (existsSync(kafkaJarsDir(options.toolsDir))) return undefined
  const maven = await findMaven(options.env)
  return maven.kind === 'missing' ? maven.why : undefined
}
