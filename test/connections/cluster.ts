/** A Redis Cluster of a test's own: three masters, and a replica of each where asked for. */
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { freePort } from '../../src/devstack/port.ts'
import { launchRedis } from '../../src/devstack/redis.ts'
import { waitFor } from '../../src/devstack/wait.ts'
import { allPartitions } from '../../src/pipeline/partition.ts'
import { dueKey } from '../../src/redis/keys.ts'
import { type Cleanup, openServer, type TestServer, uniqueName } from '../support/restartable.ts'
import type { Authority } from './authority.ts'
import { ACL_RULES, encoded, PASSWORD } from './servers.ts'

const MASTERS = 3
const SLOTS = 16_384
const TIMEOUT_MS = 60_000
const runDir = process.env['FLOODGATE_TEST_DIR'] ?? ''

export interface TestCluster {
  /** In the order of their slots. */
  masters: TestServer[]
  /** Of the master at the same place; none unless asked for. */
  replicas: TestServer[]
  /** For the service. */
  redisUrl: string
  env: { REDIS_CLUSTER_NODES: string; REDIS_CA_FILE?: string }
  /** Which of the masters has a partition, as the cluster was made. */
  masterOf(partition: number): number
}

/** A master that is away takes only its own slots with it. */
const SETTINGS = {
  'cluster-enabled': 'yes',
  'cluster-node-timeout': '3000',
  'cluster-require-full-coverage': 'no',
  'repl-diskless-sync-delay': '0',
}

export interface ClusterOptions {
  replicas?: boolean
  /** A replica takes over by itself when its master is away. Otherwise a test says when. */
  failover?: boolean
  /** The service comes over TLS with a password, and the nodes talk to each other over TLS. The test comes without, to a port of its own. */
  authority?: Authority
}

export async function openCluster(t: Cleanup, options: ClusterOptions = {}): Promise<TestCluster> {
  const wanted = options.replicas ? 2 * MASTERS : MASTERS
  const nodes = await Promise.all(Array.from({ length: wanted }, () => openNode(t, options)))
  const servers = nodes.map(({ server }) => server)
  const addresses = nodes.slice(0, MASTERS).map(({ servicePort }) => `127.0.0.1:${servicePort}`)
  const masters = servers.slice(0, MASTERS)
  const replicas = servers.slice(MASTERS)
  const range = (i: number) => [
    Math.floor((i * SLOTS) / MASTERS),
    Math.floor(((i + 1) * SLOTS) / MASTERS) - 1,
  ]
  for (const [i, server] of servers.entries()) {
    await ask(server, 'CLUSTER', 'SET-CONFIG-EPOCH', i + 1)
    if (i < MASTERS) await ask(server, 'CLUSTER', 'ADDSLOTSRANGE', ...range(i))
  }
  const [first] = masters as [TestServer]
  const busPort = /@(\d+)/.exec(String(await ask(first, 'CLUSTER', 'NODES')))?.[1] ?? ''
  for (const server of servers.slice(1))
    await ask(server, 'CLUSTER', 'MEET', '127.0.0.1', first.port, Number(busPort))
  await until('every node knows the others', () => agree(servers, servers.length))
  for (const [i, replica] of replicas.entries()) {
    await ask(replica, 'CLUSTER', 'REPLICATE', String(await ask(masters[i] as TestServer, 'CLUSTER', 'MYID')))
  }
  for (const [i, replica] of replicas.entries()) await untilInStep(replica, masters[i] as TestServer)
  const slots = await Promise.all(
    allPartitions.map((partition) => ask(first, 'CLUSTER', 'KEYSLOT', dueKey(partition))),
  )
  const masterOf = (partition: number) => Math.floor(((Number(slots[partition]) + 1) * MASTERS - 1) / SLOTS)
  return {
    masters,
    replicas,
    redisUrl: options.authority ? `rediss://floodgate:${encoded}@${addresses[0]}` : `redis://${addresses[0]}`,
    env: {
      REDIS_CLUSTER_NODES: addresses.join(),
      ...(options.authority && { REDIS_CA_FILE: options.authority.ca }),
    },
    masterOf,
  }
}

interface TestNode {
  server: TestServer
  /** Where the service comes to. */
  servicePort: number
}

async function openNode(t: Cleanup, { failover = false, authority }: ClusterOptions): Promise<TestNode> {
  const dir = join(runDir, uniqueName('redis-node'))
  const tlsPort = authority ? await freePort() : null
  const settings = {
    ...SETTINGS,
    'cluster-port': String(await freePort()),
    'cluster-replica-no-failover': failover ? 'no' : 'yes',
    ...(authority && tlsSettings(authority, tlsPort as number)),
  }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
  if (authority) args.push('--user', 'floodgate', 'on', `>${PASSWORD}`, ...ACL_RULES)
  const server = await openServer(t, dir, (port, onSpawn) =>
    launchRedis({ dir, port, onSpawn, logPath: `${dir}.log`, env: process.env, args }),
  )
  return { server, servicePort: tlsPort ?? server.port }
}

function tlsSettings({ certificate, key, ca }: Authority, port: number): Record<string, string> {
  return {
    'tls-port': String(port),
    'tls-auth-clients': 'no',
    'tls-cert-file': certificate,
    'tls-key-file': key,
    'tls-ca-cert-file': ca,
    'tls-cluster': 'yes',
    'tls-replication': 'yes',
  }
}

/** One command to one server. */
export async function ask(
  { port }: TestServer,
  command: string,
  ...args: (string | number)[]
): Promise<unknown> {
  const redis = new Redis(port, { lazyConnect: true, retryStrategy: null })
  redis.on('error', () => {})
  try {
    await redis.connect()
    return await redis.call(command, ...args)
  } finally {
    redis.disconnect()
  }
}

async function agree(servers: readonly TestServer[], nodes: number): Promise<boolean> {
  const infos = await Promise.all(servers.map((server) => ask(server, 'CLUSTER', 'INFO')))
  return infos.every(
    (info) =>
      String(info).includes('cluster_state:ok') &&
      // Without full coverage one that has not heard of all masters yet says ok, too.
      String(info).includes(`cluster_slots_assigned:${SLOTS}\r`) &&
      String(info).includes(`cluster_known_nodes:${nodes}\r`),
  )
}

/** The replica has everything that its master has. */
export async function untilInStep(replica: TestServer, master: TestServer): Promise<void> {
  await until('the replica is in step', async () => {
    const info = String(await ask(replica, 'INFO', 'replication'))
    if (!info.includes('master_link_status:up')) return false
    const sent = String(await ask(master, 'INFO', 'replication'))
    const [offset, got] = [/^master_repl_offset:(\d+)/m, /^slave_repl_offset:(\d+)/m].map((pattern, i) =>
      Number(pattern.exec(i === 0 ? sent : info)?.[1]),
    )
    return offset === got
  })
}

/** Its master has no password, so a replica that brings one is turned away. */
export async function cutOff(replica: TestServer): Promise<void> {
  await ask(replica, 'CONFIG', 'SET', 'masterauth', 'wrong')
  await ask(replica, 'CLIENT', 'KILL', 'TYPE', 'master')
  await until('the link is down', async () =>
    String(await ask(replica, 'INFO', 'replication')).includes('master_link_status:down'),
  )
}

/** Promotes a replica at once, without asking anybody, and waits until its former master follows it. */
export async function takeOver(replica: TestServer, from: TestServer): Promise<void> {
  await ask(replica, 'CLUSTER', 'FAILOVER', 'TAKEOVER')
  await until('it is the master, and the other follows', async () => {
    const roles = await Promise.all([replica, from].map((one) => ask(one, 'INFO', 'replication')))
    return String(roles[0]).includes('role:master') && String(roles[1]).includes('role:slave')
  })
}

export async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  if (await waitFor(check, { timeoutMs: TIMEOUT_MS })) return
  throw new Error(`did not come true: ${what}`)
}
