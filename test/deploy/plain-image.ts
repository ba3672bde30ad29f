/**
 * The Dockerfile carried out without a container engine: every stage is a folder, COPY copies, RUN runs, and a node of this machine stands
 * for the image's. What it shows: that the steps work, that what they make is complete, and that it starts. What it does not: the image
 * itself, its system libraries, and whatever else an engine adds.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, mkdirSync, statSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { argumentsOf, environmentOf, isInContext, readStages, root, type Step } from './dockerfile.ts'

const RUN_TIMEOUT_MS = 170_000

export interface PlainImage {
  /** Where it works: /app of the image. */
  workDir: string
  /** A folder with node in it and nothing else. */
  binDir: string
  env: Record<string, string>
  /** Of the program that is first in it. */
  command: string[]
  healthcheck: string[]
}

interface Folder {
  path: string
  workDir: string
}

/** Carries out the Dockerfile in an empty folder. @throws when a step fails, or is of a kind that this does not know */
export function makePlainImage(dir: string): PlainImage {
  const binDir = join(dir, 'bin')
  mkdirSync(binDir, { recursive: true })
  copyFileSync(process.execPath, join(binDir, 'node'))
  chmodSync(join(binDir, 'node'), 0o755)
  const stages = readStages()
  const made = new Map<string, Folder>()
  for (const [i, stage] of stages.entries()) {
    const path = join(dir, stage.name ?? `stage-${i}`)
    mkdirSync(path)
    const base = made.get(stage.from)
    if (base) cpSync(base.path, path, { recursive: true, verbatimSymlinks: true })
    const folder = { path, workDir: join(path, base ? relative(base.path, base.workDir) : '') }
    for (const step of stage.steps) carryOut(step, folder, made, binDir)
    made.set(stage.name ?? '', folder)
  }
  const last = stages.at(-1)
  const image = made.get('')
  if (!last || !image) throw new Error('the Dockerfile ends in no stage without a name')
  return {
    workDir: image.workDir,
    binDir,
    env: environmentOf(last),
    command: [...argumentsOf(last, 'ENTRYPOINT'), ...argumentsOf(last, 'CMD')],
    healthcheck: argumentsOf(last, 'HEALTHCHECK'),
  }
}

function carryOut(
  { keyword, text, from }: Step,
  folder: Folder,
  made: Map<string, Folder>,
  binDir: string,
): void {
  switch (keyword) {
    case 'WORKDIR':
      folder.workDir = join(folder.path, text)
      mkdirSync(folder.workDir, { recursive: true })
      return
    case 'COPY':
      copy(text.split(/\s+/), from === null ? null : made.get(from), folder)
      return
    case 'RUN':
      run(text, folder.workDir, binDir)
      return
    // How it is started: read from the last stage at the end.
    case 'ENV':
    case 'USER':
    case 'EXPOSE':
    case 'HEALTHCHECK':
    case 'ENTRYPOINT':
    case 'CMD':
      return
    default:
      throw new Error(`this test does not know what ${keyword} does`)
  }
}

function copy(words: string[], from: Folder | null | undefined, folder: Folder): void {
  if (from === undefined) throw new Error(`COPY from a stage that was not made: ${words.join(' ')}`)
  const target = words.pop() ?? ''
  for (const word of words) {
    const source = join(from?.path ?? root, word)
    const into = join(folder.workDir, target)
    const to = target.endsWith('/') ? join(into, basename(word)) : into
    cpSync(source, to, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => from !== null || statSync(path).isDirectory() || isInContext(relative(root, path)),
    })
  }
}

/** Nothing of the shell's settings but how npm reaches its registry. */
function run(command: string, cwd: string, binDir: string): void {
  const passed =
    /^(npm_config_(registry|cafile|cache|(https?_)?proxy)|https?_proxy|no_proxy|node_extra_ca_certs)$/i
  const given = Object.entries(process.env).filter(([name]) => passed.test(name))
  const path = (process.env['PATH'] ?? '').split(':').filter((one) => !one.endsWith('node_modules/.bin'))
  const env = {
    ...Object.fromEntries(given),
    PATH: [binDir, ...path].join(':'),
    HOME: process.env['HOME'],
    CI: 'true',
  }
  execFileSync('sh', ['-c', command], {
    cwd,
    env,
    timeout: RUN_TIMEOUT_MS,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** Who runs in the image: where we are root, a user without rights, to whom every file of it is closed for writing. */
export function user(): { uid: number; gid: number } | Record<string, never> {
  return process.getuid?.() === 0 ? { uid: 1000, gid: 1000 } : {}
}

/** Runs the image's own health check. @returns its exit code */
export function checkHealth(image: PlainImage, env: Readonly<Record<string, string>>): number | null {
  const [program = '', ...args] = image.healthcheck
  return spawnSync(join(image.binDir, program), args, { env, cwd: image.workDir, timeout: 20_000, ...user() })
    .status
}
