import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findJava } from './find-program.ts'
import { classArchivePath, launchKafka } from './kafka.ts'
import type { KafkaJarsOptions } from './kafka-jars.ts'
import { resolveKafkaJars } from './kafka-jars.ts'
import { freePort } from './port.ts'
import { withProgress } from './progress.ts'

/** Sees to it that Kafka can be launched: its jars, and an archive of its classes. Returns the jars' folder. */
export async function prepareKafka(options: KafkaJarsOptions): Promise<string> {
  const jarsDir = await resolveKafkaJars(options)
  const java = await findJava(options.env)
  if (java.kind === 'missing') throw new Error(java.why)
  const target = classArchivePath(jarsDir, java.major)
  if (!existsSync(target)) {
    const work = archiveClasses(jarsDir, target, options)
    await withProgress(options.report, 'Kafka: preparing its classes (once)', work)
  }
  return jarsDir
}

/**
 * Runs a broker once and has Java write down the classes that it loaded. Every later start takes half the time and half
 * the processor (2.5 s instead of 4.9 s on two cores). A failure costs only that, so it is not one.
 */
async function archiveClasses(jarsDir: string, target: string, options: KafkaJarsOptions): Promise<void> {
  const dir = mkdtempSync(join(options.toolsDir, 'kafka-classes-'))
  const archive = join(dir, 'classes.jsa')
  try {
    const server = await launchKafka({
      dir: join(dir, 'data'),
      port: await freePort(),
      logPath: options.logPath,
      env: options.env,
      signal: options.signal,
      jarsDir,
      jvmArgs: [`-XX:ArchiveClassesAtExit=${archive}`],
    })
    await server.stop()
    renameSync(archive, target)
  } catch (error) {
    if (!options.signal?.aborted) options.report(`Kafka starts without prepared classes: ${error}`)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
