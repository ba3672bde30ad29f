import { execFileSync, spawnSync } from 'node:child_process'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { basename, resolve } from 'node:path'
import type { Tools } from '../../src/commands/tools.ts'
import { kafkaJarsDir } from '../../src/devstack/kafka-jars.ts'
import { findWrk } from './find-wrk.ts'

/** Where and with what numbers were measured. */
export interface Machine {
  cpu: string
  cores: number
  memoryGb: number
  kernel: string
  /** Of the last minute, before the bench began: above 0.5 others were at work beside it. */
  loadBefore: number
}

export type Versions = Record<'node' | 'redis' | 'postgres' | 'kafka' | 'wrk', string>

const root = resolve(import.meta.dirname, '../..')

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    loadBefore: Number(loadavg()[0]?.toFixed(2)),
  }
}

export async function describeVersions({ redis, database }: Tools): Promise<Versions> {
  const info = await redis.run((connection) => connection.info('server'))
  const { rows } = await database.query<{ server_version: string }>({ text: 'SHOW server_version' })
  return {
    node: process.versions.node,
    redis: /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown',
    postgres: rows[0]?.server_version.split(' ')[0] ?? 'unknown',
    kafka: basename(kafkaJarsDir('.tools')).replace('kafka-', ''),
    wrk: wrkVersion(),
  }
}

/** The commit that was measured; `+` after it when files were changed since. */
export function gitRevision(): string {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim()
    const changed = git('status', '--porcelain', '--', 'src', 'lua', 'migrations', 'package-lock.json') !== ''
    return git('rev-parse', '--short=12', 'HEAD') + (changed ? '+' : '')
  } catch {
    return 'unknown'
  }
}

function wrkVersion(): string {
  // It ends with 1 and its usage after the version.
  const { stdout } = spawnSync(findWrk(process.env) ?? 'wrk', ['--version'], { encoding: 'utf8' })
  return /^wrk \D*([\d.]+)/.exec(stdout ?? '')?.[1] ?? 'unknown'
}
