import { resolve } from 'node:path'
import { parseConfig, type Settings } from '../config.ts'
import { type RunningStack, startStack } from '../devstack/stack.ts'
import type { CommandContext } from './context.ts'

export interface GivenStores {
  /** With the addresses of every store that this command wants. */
  config: Settings
  stack: RunningStack
}

/**
 * Reads the configuration and starts the wanted stores that it does not name, or joins those that are running here.
 * Whoever calls this stops the stack.
 *
 * @throws InvalidConfiguration; an error when Redis or PostgreSQL cannot be had
 */
export async function withStores(
  wanted: readonly ('redis' | 'postgres' | 'kafka')[],
  assumeYes: boolean,
  { env, mainPath, report }: CommandContext,
): Promise<GivenStores> {
  const config = parseConfig(env)
  const stack = await startStack({
    dataDir: resolve(config.DATA_DIR),
    toolsDir: resolve(config.TOOLS_DIR),
    mainPath,
    want: {
      redis: wanted.includes('redis') && config.REDIS_URL === '',
      postgres: wanted.includes('postgres') && config.DATABASE_URL === '',
      kafka: wanted.includes('kafka') && config.KAFKA_BROKERS === '',
    },
    assumeYes,
    env,
    report,
  })
  const { redisUrl, databaseUrl, kafkaBrokers } = stack.endpoints
  return {
    stack,
    config: {
      ...config,
      REDIS_URL: redisUrl ?? config.REDIS_URL,
      DATABASE_URL: databaseUrl ?? config.DATABASE_URL,
      KAFKA_BROKERS: kafkaBrokers ?? config.KAFKA_BROKERS,
    },
  }
}
