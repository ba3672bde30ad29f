import { Type } from 'typebox'

const text = (description: string) => Type.String({ default: '', description })

/** Where the stores are, who we are there, and whom their certificates must come from. What they may hold is in connections.ts. */
export const storeSettings = {
  REDIS_URL: text('Redis; unset: a local server is started'),
  REDIS_CLUSTER_NODES: text(
    'Nodes of a Redis Cluster, host:port separated by commas; REDIS_URL is one more, and its scheme, user and password go for all',
  ),
  REDIS_CA_FILE: text(
    'PEM file of the authority that a rediss: server is checked with; unset: the public ones',
  ),
  DATABASE_URL: text('PostgreSQL; unset: a local server is started'),
  PG_CA_FILE: text(
    'PEM file of the authority that PostgreSQL is checked with where DATABASE_URL says sslmode; unset: the public ones',
  ),
  KAFKA_BROKERS: text('Kafka, host:port separated by commas; unset: a local broker is started'),
  KAFKA_TLS: Type.Boolean({ default: false, description: 'Brokers are spoken to over TLS, and checked' }),
  KAFKA_CA_FILE: text('PEM file of the authority that brokers are checked with; unset: the public ones'),
  KAFKA_SASL_MECHANISM: Type.Union(
    [
      Type.Literal('none'),
      Type.Literal('plain'),
      Type.Literal('scram-sha-256'),
      Type.Literal('scram-sha-512'),
    ],
    {
      default: 'none',
      description: 'How brokers are told who we are: none, plain, scram-sha-256, scram-sha-512',
    },
  ),
  KAFKA_USERNAME: text('User for KAFKA_SASL_MECHANISM'),
  KAFKA_PASSWORD: text('Its password'),
}
