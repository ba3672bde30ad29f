import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findJava } from './find-program.ts'
import type { ProcessIdentity } from './identity.ts'
import { type KafkaDataOptions, prepareKafkaData } from './kafka-data.ts'
import { freePort } from './port.ts'
import type { Server } from './server.ts'
import { serverEnv, untilReady } from './server.ts'
import { adoptServer, spawnServer } from './server-process.ts'

const stopRule = { signal: 'SIGTERM', timeoutMs: 20_000 } as const
const readyTimeoutMs = 120_000
const loggingPath = fileURLToPath(new URL('kafka/log4j2.properties', import.meta.url))

export interface KafkaOptions extends Omit<KafkaDataOptions, 'controllerPort' | 'java'> {
  /** For settings that name it. */
  controllerPort?: number
  /** More arguments for Java, after ours. */
  jvmArgs?: readonly string[]
}

/** Where the classes of these jars are kept loaded; Java does without one that does not fit. */
export function classArchivePath(jarsDir: string, javaMajor: number): string {
  return join(jarsDir, `classes-java${javaMajor}.jsa`)
}

/** Starts a one-node Apache Kafka (KRaft, 384 MB of heap at most). Resolves when the broker answers. */
export async function launchKafka(options: KafkaOptions): Promise<Server> {
  const java = await findJava(options.env)
  if (java.kind === 'missing') throw new Error(java.why)
  // Only the broker itself talks to its controller: any free port will do, a new one at each start.
  const controllerPort = options.controllerPort ?? (await freePort())
  const settings = await prepareKafkaData({
    ...options,
    controllerPort,
    java: java.path,
  })
  const archive = classArchivePath(options.jarsDir, java.major)
  const server = await spawnServer({
    command: java.path,
    args: [
      ...['-Xms192m', '-Xmx384m', '-XX:+UseSerialGC'],
      ...(existsSync(archive) ? ['-Xshare:auto', `-XX:SharedArchiveFile=${archive}`] : []),
      ...(options.jvmArgs ?? []),
      ...[`-Dlog4j2.configurationFile=${loggingPath}`, '-cp', `${options.jarsDir}/*`],
      ...['kafka.Kafka', settings],
    ],
    env: serverEnv(options.env),
    cwd: options.dir,
    logPath: options.logPath,
    stopRule,
  })
  options.onSpawn?.(server.pid)
  return untilReady(server, {
    name: 'Kafka',
    url: `127.0.0.1:${options.port}`,
    port: options.port,
    check: () => answers(options.port),
    timeoutMs: readyTimeoutMs,
    logPath: options.logPath,
    signal: options.signal,
  })
}

/** Takes over a broker that is already running on this port, or undefined when it does not answer there. */
export async function adoptKafka(port: number, identity: ProcessIdentity): Promise<Server | undefined> {
  if (!(await answers(port))) return undefined
  return { ...adoptServer(identity, stopRule), port, url: `127.0.0.1:${port}` }
}

const answerTimeoutMs = 2_000
// length 10, ApiVersions (18) version 0, correlation id 7, no client id: the protocol's first question.
const apiVersionsRequest = Buffer.from('0000000a001200000000' + '0007ffff', 'hex')

/** Whether a broker answers ApiVersions without an error. It does so only once it serves requests. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const settle = (ready: boolean): void => {
      socket.destroy()
      resolve(ready)
    }
    let reply = Buffer.alloc(0)
    socket.setTimeout(answerTimeoutMs, () => settle(false))
    socket.once('error', () => settle(false))
    socket.once('close', () => settle(false))
    socket.once('connect', () => socket.write(apiVersionsRequest))
    socket.on('data', (chunk) => {
      reply = Buffer.concat([reply, chunk])
      // length, correlation id, error code
      if (reply.length >= 10) settle(reply.readInt32BE(4) === 7 && reply.readInt16BE(8) === 0)
    })
  })
}
