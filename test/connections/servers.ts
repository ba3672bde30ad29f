/** Real servers that want TLS and a password, each of a test's own. */
import { chownSync, copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { Client } from 'pg'
import { launchKafka } from '../../src/devstack/kafka.ts'
import { kafkaJarsDir } from '../../src/devstack/kafka-jars.ts'
import { freePort } from '../../src/devstack/port.ts'
import { launchRedis } from '../../src/devstack/redis.ts'
import { waitFor } from '../../src/devstack/wait.ts'
import { lightJava, toolsDir } from '../support/global-setup.ts'
import { type Cleanup, openServer, type TestServer, uniqueName } from '../support/restartable.ts'
import { openPostgres } from '../support/stores.ts'
import type { Authority } from './authority.ts'

/** Of the user `floodgate`, at every server. It has what an address gives a meaning. */
export const PASSWORD = 'p@ss/w:rd#7?'
export const encoded = encodeURIComponent(PASSWORD)
const runDir = process.env['FLOODGATE_TEST_DIR'] ?? ''

/** What docs/operations/connections.md gives the service's user: everything but what administers and endangers a server. */
export const ACL_RULES = [
  ...[
    '~*',
    '&*',
    '+@all',
    '-@admin',
    '-@dangerous',
    '+info',
    '+cluster|slots',
    '+cluster|keyslot',
    '+cluster|info',
  ],
  ...['+script|load', '+script|exists', '+script|flush'],
]

/** TLS alone, and no user but `floodgate`. @param rules of its ACL, after the password */
export async function openSecureRedis(
  t: Cleanup,
  authority: Authority,
  rules: readonly string[] = ACL_RULES,
): Promise<TestServer> {
  const dir = join(runDir, uniqueName('redis-tls'))
  const server = await openServer(t, dir, (port, onSpawn) => {
    const args = [
      ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no'],
      ...['--tls-cert-file', authority.certificate, '--tls-key-file', authority.key],
      ...['--tls-ca-cert-file', authority.ca],
      ...['--user', 'default', 'off', '--user', 'floodgate', 'on', `>${PASSWORD}`, ...rules],
    ]
    const check = (pid: number) => answersOverTls(port, pid, authority)
    return launchRedis({ dir, port, onSpawn, logPath: `${dir}.log`, env: process.env, args, check })
  })
  return { ...server, url: `rediss://floodgate:${encoded}@127.0.0.1:${server.port}` }
}

async function answersOverTls(port: number, pid: number, authority: Authority): Promise<boolean> {
  const redis = new Redis(port, {
    // Its name is what a test may have got wrong.
    tls: { ca: readFileSync(authority.ca), checkServerIdentity: () => undefined },
    ...{ username: 'floodgate', password: PASSWORD, lazyConnect: true, retryStrategy: null },
  })
  redis.on('error', () => {})
  try {
    await redis.connect()
    return (await redis.info('server')).includes(`process_id:${pid}\r`)
  } catch {
    return false
  } finally {
    redis.disconnect()
  }
}

/** Takes sessions over TLS with a password alone. Its url has no sslmode. */
export async function openSecurePostgres(t: Cleanup, authority: Authority): Promise<{ url: string }> {
  const server = await openPostgres(t)
  const owner = statSync(server.dir)
  for (const [from, name] of [
    [authority.certificate, 'server.crt'],
    [authority.key, 'server.key'],
  ] as const) {
    const path = join(server.dir, name)
    copyFileSync(from, path)
    chownSync(path, owner.uid, owner.gid)
  }
  const client = new Client(server.url)
  await client.connect()
  try {
    await client.query(`ALTER ROLE floodgate PASSWORD '${PASSWORD}'`)
    await client.query('ALTER SYSTEM SET ssl = on')
    writeFileSync(join(server.dir, 'pg_hba.conf'), 'hostssl all all 127.0.0.1/32 scram-sha-256\n')
    await client.query('SELECT pg_reload_conf()')
  } finally {
    await client.end()
  }
  const url = new URL(server.url)
  url.password = PASSWORD
  await waitFor(() => takesOver(url.href, authority), { timeoutMs: 30_000 })
  return { url: url.href }
}

async function takesOver(url: string, authority: Authority): Promise<boolean> {
  const ssl = { ca: readFileSync(authority.ca, 'utf8'), checkServerIdentity: () => undefined }
  const client = new Client({ connectionString: url, ssl })
  client.on('error', () => {})
  return client
    .connect()
    .then(() => client.end())
    .then(
      () => true,
      () => false,
    )
}

/** Takes clients over TLS that log in, by PLAIN or SCRAM. Plain text is between the broker and itself. */
export async function openSecureKafka(t: Cleanup, authority: Authority): Promise<{ brokers: string }> {
  const dir = join(runDir, uniqueName('kafka-tls'))
  const jarsDir = kafkaJarsDir(toolsDir)
  let securePort = 0
  await openServer(t, dir, async (port, onSpawn) => {
    securePort = await freePort()
    const controllerPort = await freePort()
    return launchKafka({
      ...{ dir, port, onSpawn, logPath: `${dir}.log`, env: process.env, jarsDir, jvmArgs: lightJava },
      controllerPort,
      settings: {
        listeners: `PLAINTEXT://127.0.0.1:${port},SASL_SSL://127.0.0.1:${securePort},CONTROLLER://127.0.0.1:${controllerPort}`,
        'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT',
        'ssl.keystore.type': 'PEM',
        'ssl.keystore.location': authority.keyAndCertificate,
        'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
        'listener.name.sasl_ssl.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required user_floodgate="${PASSWORD}";`,
        'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config': SCRAM,
        'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': SCRAM,
      },
      formatArgs: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
        '--add-scram',
        `${mechanism}=[name=floodgate,password=${PASSWORD}]`,
      ]),
    })
  })
  return { brokers: `127.0.0.1:${securePort}` }
}

const SCRAM = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
