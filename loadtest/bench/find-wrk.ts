import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { installPackages } from '../../src/devstack/install.ts'

/** Where wrk is, or null. */
export function findWrk(env: NodeJS.ProcessEnv): string | null {
  const folders = [...(env['PATH'] ?? '').split(delimiter).filter(Boolean), '/usr/bin', '/usr/local/bin']
  return folders.map((folder) => join(folder, 'wrk')).find(isExecutable) ?? null
}

/** Installs wrk where it is missing, as the stores are installed. @returns why it cannot be had, or null when it is there */
export async function provideWrk(options: {
  assumeYes: boolean
  dataDir: string
  env: NodeJS.ProcessEnv
  report: (line: string) => void
}): Promise<string | null> {
  if (findWrk(options.env) !== null) return null
  const why = 'wrk, the load generator, was not found'
  const outcome = await installPackages({ ...options, packages: ['wrk'], why })
  if (outcome.kind === 'not_installed') return outcome.why
  return findWrk(options.env) === null ? `${why}, even after its package was installed` : null
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
