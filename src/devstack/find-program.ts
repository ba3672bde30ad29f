import { execFile } from 'node:child_process'
import { accessSync, constants, readdirSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

interface Program {
  kind: 'found'
  path: string
  major: number
}

/** A program that is there and new enough, or why it is not, with the Debian packages that bring it. */
export type Found = Program | { kind: 'missing'; name: string; why: string; packages: readonly string[] }

/** redis-server, version 7 or newer. */
export function findRedis(env: NodeJS.ProcessEnv): Promise<Found> {
  return first(onPath('redis-server', env), {
    name: 'Redis',
    packages: ['redis-server'],
    versionArgs: ['--version'],
    versionPattern: /v=(\d+)\./,
    minMajor: 7,
  })
}

/** The newest `postgres`, version 15 or newer; initdb stands beside it. Debian keeps them off PATH. */
export function findPostgres(env: NodeJS.ProcessEnv, onlyMajor?: number): Promise<Found> {
  const candidates = [
    ...onPath('postgres', env),
    ...inFolders('/usr/lib/postgresql', 'bin/postgres'),
    ...inFolders('/opt/homebrew/opt', 'bin/postgres'),
  ]
  return newest(
    candidates.filter((path) => isExecutable(join(dirname(path), 'initdb'))),
    {
      name: 'PostgreSQL',
      packages: ['postgresql'],
      versionArgs: ['--version'],
      versionPattern: /(\d+)(?:\.|beta|rc|devel)/,
      minMajor: 15,
      onlyMajor,
    },
  )
}

/** Java 17 or newer: the first of JAVA_HOME, PATH and Debian's folder. */
export function findJava(env: NodeJS.ProcessEnv): Promise<Found> {
  const home = env.JAVA_HOME === undefined ? [] : [join(env.JAVA_HOME, 'bin/java')]
  return first([...home, ...onPath('java', env), ...inFolders('/usr/lib/jvm', 'bin/java')], {
    name: 'Java',
    packages: ['openjdk-17-jre-headless'],
    versionArgs: ['-version'],
    versionPattern: /version "(\d+)/,
    minMajor: 17,
  })
}

/** Maven; needed only until Kafka's jars are in .tools/. */
export function findMaven(env: NodeJS.ProcessEnv): Promise<Found> {
  return first(onPath('mvn', env), {
    name: 'Maven',
    packages: ['maven'],
    versionArgs: ['--version'],
    versionPattern: /Maven (\d+)\./,
    minMajor: 3,
  })
}

/** Prometheus, version 2 or newer; promtool comes with it. */
export function findPrometheus(env: NodeJS.ProcessEnv): Promise<Found> {
  return first(onPath('prometheus', env), prometheusTool)
}

/** promtool, which checks rules and runs their tests. */
export function findPromtool(env: NodeJS.ProcessEnv): Promise<Found> {
  return first(onPath('promtool', env), prometheusTool)
}

const prometheusTool: Wanted = {
  name: 'Prometheus',
  packages: ['prometheus'],
  versionArgs: ['--version'],
  versionPattern: /version (\d+)\./,
  minMajor: 2,
}

interface Wanted {
  name: string
  packages: readonly string[]
  versionArgs: readonly string[]
  versionPattern: RegExp
  minMajor: number
  onlyMajor?: number | undefined
}

/** The candidates that are there and new enough, best first: asked one by one, because asking Java takes a while. */
async function* fitting(candidates: readonly string[], wanted: Wanted): AsyncGenerator<Program> {
  const seen = new Set<string>()
  for (const path of candidates.filter(isExecutable)) {
    // Asked once each, but called by its link: redis-server is a link whose name tells the program what to be.
    if (seen.has(realpathSync(path))) continue
    seen.add(realpathSync(path))
    const major = await majorOf(path, wanted.versionArgs, wanted.versionPattern)
    if (major === undefined || major < wanted.minMajor || major !== (wanted.onlyMajor ?? major)) continue
    yield { kind: 'found', path, major }
  }
}

/** The first one that fits, as PATH and JAVA_HOME have it. */
async function first(candidates: readonly string[], wanted: Wanted): Promise<Found> {
  for await (const program of fitting(candidates, wanted)) return program
  return missing(wanted)
}

async function newest(candidates: readonly string[], wanted: Wanted): Promise<Found> {
  let best: Program | undefined
  for await (const program of fitting(candidates, wanted)) {
    if (best === undefined || program.major > best.major) best = program
  }
  return best ?? missing(wanted)
}

function missing({ name, packages, minMajor, onlyMajor }: Wanted): Found {
  const version = onlyMajor === undefined ? `${minMajor} or newer` : String(onlyMajor)
  return { kind: 'missing', name, packages, why: `${name} ${version} was not found` }
}

async function majorOf(path: string, args: readonly string[], pattern: RegExp): Promise<number | undefined> {
  try {
    // Java prints its version to stderr.
    const { stdout, stderr } = await run(path, args, { timeout: 20_000 })
    const match = pattern.exec(`${stdout}\n${stderr}`)
    return match?.[1] === undefined ? undefined : Number(match[1])
  } catch {
    return undefined
  }
}

function onPath(name: string, env: NodeJS.ProcessEnv): string[] {
  const folders = [...(env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin']
  return folders.filter((folder) => folder !== '').map((folder) => join(folder, name))
}

function inFolders(parent: string, rest: string): string[] {
  try {
    return readdirSync(parent).map((name) => join(parent, name, rest))
  } catch {
    return []
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
