import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findMaven } from './find-program.ts'
import { runTool } from './run-tool.ts'

const pomPath = fileURLToPath(new URL('kafka/pom.xml', import.meta.url))
// Some 43 MB and the plugins of Maven itself: a minute or two on a first run, more on a slow line.
const resolveTimeoutMs = 15 * 60_000

export interface KafkaJarsOptions {
  toolsDir: string
  logPath: string
  env: NodeJS.ProcessEnv
  report: (line: string) => void
  signal?: AbortSignal | undefined
}

/** Where the jars of the pinned Kafka version are, or will be. */
export function kafkaJarsDir(toolsDir: string): string {
  const version = /<kafka\.version>([\d.]+)</.exec(readFileSync(pomPath, 'utf8'))?.[1]
  if (version === undefined) throw new Error(`${pomPath} names no kafka.version`)
  return join(toolsDir, `kafka-${version}`)
}

/** Has Maven copy the jars into .tools/ unless they are there; returns their folder. Throws when they cannot be had. */
export async function resolveKafkaJars(options: KafkaJarsOptions): Promise<string> {
  const dir = kafkaJarsDir(options.toolsDir)
  if (existsSync(dir)) return dir
  const maven = await findMaven(options.env)
  if (maven.kind === 'missing')
    throw new Error(`${maven.why}; it fetches Kafka's jars (apt-get install maven)`)
  // A folder of our own and a rename: it exists only when it is whole, whoever else is at it.
  const temporary = `${dir}.new-${process.pid}`
  mkdirSync(options.toolsDir, { recursive: true })
  options.report('Kafka: fetching its jars with Maven into .tools/ (once; a minute or two)')
  try {
    await runTool({
      command: maven.path,
      args: [
        ...['-B', '-q', '-ntp', '-f', pomPath, 'dependency:copy-dependencies'],
        ...['-DincludeScope=runtime', `-DoutputDirectory=${temporary}`],
      ],
      cwd: options.toolsDir,
      env: options.env,
      logPath: options.logPath,
      timeoutMs: resolveTimeoutMs,
      signal: options.signal,
    })
    try {
      renameSync(temporary, dir)
    } catch (error) {
      if (!existsSync(dir)) throw error
    }
    return dir
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}
