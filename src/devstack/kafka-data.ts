import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runTool } from './run-tool.ts'
import type { LaunchOptions } from './server.ts'
import { serverEnv } from './server.ts'

// One broker on one machine: the id only has to stay the same.
const clusterId = 'Zmxvb2RnYXRlLWRldnN0YQ'
const formatTimeoutMs = 60_000

export interface KafkaDataOptions extends LaunchOptions {
  controllerPort: number
  java: string
  /** From prepareKafka. */
  jarsDir: string
  /** More settings of the broker, over ours: `{ listeners: '…' }`. */
  settings?: Readonly<Record<string, string>>
  /** More arguments for formatting its log: `['--add-scram', '…']`. */
  formatArgs?: readonly string[]
}

/** Writes the broker's settings for these ports and formats its log once; returns the path of the settings. */
export async function prepareKafkaData(options: KafkaDataOptions): Promise<string> {
  mkdirSync(options.dir, { recursive: true })
  const logDir = join(options.dir, 'log')
  const settingsPath = join(options.dir, 'server.properties')
  if (!existsSync(logDir)) await format(options, logDir)
  writeSettings(settingsPath, options, logDir)
  return settingsPath
}

/** Formats a folder beside it and renames: a start that was cut off leaves no half log behind. */
async function format(options: KafkaDataOptions, logDir: string): Promise<void> {
  const temporary = `${logDir}.new`
  const settingsPath = join(options.dir, 'format.properties')
  rmSync(temporary, { recursive: true, force: true })
  writeSettings(settingsPath, options, temporary)
  await runTool({
    command: options.java,
    args: [
      ...['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', `${options.jarsDir}/*`],
      ...['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', settingsPath],
      ...(options.formatArgs ?? []),
    ],
    cwd: options.dir,
    env: serverEnv(options.env),
    logPath: options.logPath,
    timeoutMs: formatTimeoutMs,
    signal: options.signal,
  })
  renameSync(temporary, logDir)
}

function writeSettings(path: string, options: KafkaDataOptions, logDir: string): void {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${options.controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${options.port},CONTROLLER://127.0.0.1:${options.controllerPort}`,
    'log.dirs': logDir,
    'num.partitions': 4,
    // A topic with a mistyped name should fail, not appear.
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    // A broker that was killed is let in again when its old session is over; the default of 9 s would be its return time.
    'broker.session.timeout.ms': 4000,
    'broker.heartbeat.interval.ms': 500,
    'num.network.threads': 2,
    'num.io.threads': 4,
    // Its default of 128 MB would be a third of the heap.
    'log.cleaner.dedupe.buffer.size': 8 * 1024 * 1024,
    'log.segment.bytes': 128 * 1024 * 1024,
    ...options.settings,
  }
  writeFileSync(
    path,
    `${Object.entries(settings)
      .map((pair) => pair.join('='))
      .join('\n')}\n`,
  )
}
