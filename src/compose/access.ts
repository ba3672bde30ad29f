/** How the stores are reached, from the configuration: addresses, who we are there, and whom their certificates must come from. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { InvalidConfiguration, type Settings } from '../config.ts'
import type { KafkaAccess } from '../kafka/client.ts'
import type { PostgresAccess } from '../postgres/access.ts'
import type { RedisConnectionSettings } from '../redis/connection.ts'

/** Nodes of a cluster beside REDIS_URL's; none: there is no cluster. */
export function clusterNodes({ REDIS_CLUSTER_NODES }: Settings): string[] {
  return REDIS_CLUSTER_NODES.split(',').filter(Boolean)
}

/** @throws InvalidConfiguration when the authority's file cannot be used; so do the others */
export function redisSettings(config: Settings): Omit<RedisConnectionSettings, 'commandTimeoutMs'> {
  return {
    url: config.REDIS_URL,
    ca: authority(config, 'REDIS_CA_FILE'),
    connectTimeoutMs: config.REDIS_CONNECT_TIMEOUT_MS,
    retryIntervalMs: config.REDIS_RETRY_INTERVAL_MS,
    connectRetries: config.REDIS_CONNECT_RETRIES,
  }
}

export function postgresAccess(config: Settings): PostgresAccess {
  return { url: config.DATABASE_URL, ca: authority(config, 'PG_CA_FILE') }
}

export function kafkaAccess(config: Settings): KafkaAccess {
  const mechanism = config.KAFKA_SASL_MECHANISM
  return {
    brokers: config.KAFKA_BROKERS.split(',').filter(Boolean),
    tls: config.KAFKA_TLS ? { ca: authority(config, 'KAFKA_CA_FILE') } : null,
    login:
      mechanism === 'none'
        ? null
        : { mechanism, username: config.KAFKA_USERNAME, password: config.KAFKA_PASSWORD },
  }
}

/** The certificates that a store's own must come from; null: those that Node trusts. */
function authority(config: Settings, name: 'REDIS_CA_FILE' | 'PG_CA_FILE' | 'KAFKA_CA_FILE'): string | null {
  const path = config[name]
  if (path === '') return null
  try {
    const pem = readFileSync(path, 'utf8')
    // A file without a certificate in it would leave no authority at all, and say so only when something connects.
    new X509Certificate(pem)
    return pem
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new InvalidConfiguration([`${name}=${JSON.stringify(path)} cannot be used: ${code ?? message}`])
  }
}
