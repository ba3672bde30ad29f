/** The service as a process of its own, started as `npm start` starts it, to be killed, stopped and started again. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { freePort } from '../../src/devstack/port.ts'
import { waitFor } from '../../src/devstack/wait.ts'
import type { Role } from '../../src/roles.ts'
import type { Cleanup } from '../support/restartable.ts'
import { uniqueName } from '../support/restartable.ts'
import { notePid } from '../support/run-dir.ts'
import { openKafka, withoutKafka } from '../support/stores.ts'

export const mainPath = resolve(import.meta.dirname, '../../src/main.ts')
const startTimeoutMs = 60_000

export interface StoreAddresses {
  redisUrl: string
  databaseUrl: string
  /** None where nothing listens: the broker is away for good. */
  kafkaBrokers?: string
  topicPrefix?: string
  /** How they are reached, beyond their addresses. */
  settings?: Readonly<Record<string, string>>
}

/** Topics of a test's own on the run's broker: without it payments are taken, and confirm nothing by themselves. */
export function eventsOf(t: Cleanup): Pick<StoreAddresses, 'kafkaBrokers' | 'topicPrefix'> {
  if (withoutKafka) return {}
  const kafka = openKafka(t)
  return { kafkaBrokers: kafka.brokers, topicPrefix: kafka.topic('') }
}

export interface ServiceProcess {
  /** http://host:port */
  api: string
  /** A sample of /metrics by its whole name with labels; 0 when it is not there. */
  metric(name: string): Promise<number>
  /** http://host:port of the diagnostics */
  diagnostics: string
  /** Everything it has written. */
  output(): string
  pid(): number
  kill9(): Promise<void>
  /** Sends a signal and waits for the end. @returns the exit code, or the signal that ended it */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>
  start(): Promise<void>
}

/**
 * Starts a role on given stores; it is killed when the test is over. Ports stay the same from start to start.
 *
 * @param main src/main.ts of this version, or of another one
 */
export async function startService(
  t: Cleanup,
  role: Role,
  stores: StoreAddresses,
  settings: Readonly<Record<string, string>> = {},
  main = mainPath,
): Promise<ServiceProcess> {
  const [port, diagnosticsPort] = [await freePort(), await freePort()]
  const env = environment(stores, {
    PORT: String(port),
    DIAGNOSTICS_PORT: String(diagnosticsPort),
    ...settings,
  })
  let child: ChildProcess | undefined
  let output = ''

  const isRunning = () => child?.exitCode === null && child.signalCode === null

  async function start(): Promise<void> {
    let ready = false
    const started = spawn(process.execPath, [main, 'start', role], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child = started
    notePid(process.env.FLOODGATE_TEST_DIR ?? '', uniqueName('service'), started.pid ?? 0, main)
    for (const stream of [started.stdout, started.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        if (text.includes('Ctrl-C stops it')) ready = true
      })
    }
    await waitFor(() => ready || !isRunning(), { timeoutMs: startTimeoutMs })
    if (!ready) throw new Error(`the ${role} process did not start:\n${output}`)
  }

  async function end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    if (child && isRunning()) {
      const exit = once(child, 'exit')
      child.kill(signal)
      await exit
    }
    return child?.signalCode ?? child?.exitCode ?? null
  }

  t.after(async () => void (await end('SIGKILL')))
  await start()
  return {
    api: `http://127.0.0.1:${port}`,
    diagnostics: `http://127.0.0.1:${diagnosticsPort}`,
    async metric(name) {
      const text = await (await fetch(`http://127.0.0.1:${diagnosticsPort}/metrics`)).text()
      const line = text.split('\n').find((one) => one.startsWith(`${name} `))
      return line ? Number(line.slice(name.length + 1)) : 0
    },
    output: () => output,
    pid: () => child?.pid ?? -1,
    kill9: async () => void (await end('SIGKILL')),
    end,
    start,
  }
}

/** Runs a command of the service to its end. */
export function runCommand(
  args: readonly string[],
  stores: StoreAddresses,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((settle) => {
    const child = execFile(
      process.execPath,
      [mainPath, ...args],
      { env: environment(stores, {}), timeout: 90_000, maxBuffer: 16 * 1024 * 1024 },
      (_error, stdout, stderr) => settle({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}

/** Nothing of the shell's own settings but where programs are. */
export function environment(
  stores: StoreAddresses,
  more: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    NODE_ENV: 'test',
    // The processes of a run start from each other's compiled code.
    NODE_COMPILE_CACHE: `${process.env.FLOODGATE_TEST_DIR}/compiled`,
    REDIS_URL: stores.redisUrl,
    DATABASE_URL: stores.databaseUrl,
    // Port 9 is nobody's: the service must not start a broker of its own.
    KAFKA_BROKERS: stores.kafkaBrokers ?? '127.0.0.1:9',
    KAFKA_TOPIC_PREFIX: stores.topicPrefix ?? '',
    // Two cores carry the test and every process: a deadline that is hit by accident proves nothing.
    REDIS_COMMAND_TIMEOUT_MS: '2000',
    PG_STATEMENT_TIMEOUT_MS: '10000',
    // The same for late turns of the loop; and one buyer of a test may ask as often as ten.
    SHED_LOOP_DELAY_MS: '60000',
    RATE_LIMIT_RESERVE_PER_SECOND: '0',
    ...stores.settings,
    ...more,
  }
}
