/** Runs the commands of a page for a service that runs, and looks at what they print. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { parseConfig } from '../../src/config.ts'
import { signToken } from '../../src/http/token.ts'
import { environment, type ServiceProcess, type StoreAddresses } from '../faults/process.ts'
import { uniqueName } from '../support/restartable.ts'
import type { Command } from './commands.ts'
import { type Ran, runInShell } from './shell.ts'
import { entryOf } from './ways.ts'

export interface Reader {
  service: Pick<ServiceProcess, 'api' | 'diagnostics'>
  stores: StoreAddresses
  /** Where the page's files are, by name: for a story that goes on; else a folder of its own each time. */
  dir?: string
  /** How long captures take, whatever the page says; 1. */
  captureSeconds?: number
  /** Set beside what every page takes for granted. */
  more?: Readonly<Record<string, string>>
}

/** @returns what each did, in order; fails at the first that is not as it should be */
export async function runPage(commands: readonly Command[], reader: Reader): Promise<Ran[]> {
  const dir = join(process.env['FLOODGATE_TEST_DIR'] ?? '', reader.dir ?? uniqueName('page'))
  const texts = commands.map(({ text }) => forService(text, reader))
  if (texts.some((text) => text.includes('@profile.pb.gz'))) await leaveProfile(dir, reader)
  const ran = await runInShell(texts, dir, shellOf(reader))
  for (const [i, one] of ran.entries()) assertRan(commands[i] as Command, one)
  return ran
}

/** A page may go on with a profile that its reader has. */
async function leaveProfile(dir: string, reader: Reader): Promise<void> {
  const get = `curl -s ${reader.service.diagnostics}/debug/pprof/profile?seconds=1 -o profile.pb.gz`
  const [got] = await runInShell([get], dir, shellOf(reader))
  assert.equal(got?.code, 0, got?.stderr)
}

function assertRan({ page, line, text }: Command, { code, stdout, stderr }: Ran): void {
  const told = `${page}:${line}\n$ ${text}\n${stdout.slice(0, 4000)}\n${stderr.slice(-4000)}`
  assert.equal(code, 0, told)
  const way = entryOf(text)?.way
  if (way?.kind === 'run' && way.prints) assert.match(stdout, way.prints, told)
  // Go's tool says on standard error where it keeps what it fetched.
  else if (isToPrint(text)) assert.notEqual(`${stdout}${stderr}`.trim(), '', told)
}

/** Whoever assigns, or writes into a file, prints nothing. */
function isToPrint(text: string): boolean {
  return !/^[A-Z]\w*=|^\w+\(\)|^(tar|mkdir|cp) |^pg_|(^| )-\w*[oO] ?|>/.test(text)
}

/** The same command for this service, and short. */
function forService(text: string, { service, captureSeconds = 1 }: Reader): string {
  return text
    .replaceAll(/(?:https?:\/\/)?(?:localhost|127\.0\.0\.1):(?:9083|38427)/g, service.diagnostics)
    .replaceAll(/(?:https?:\/\/)?(?:localhost|127\.0\.0\.1):8083/g, service.api)
    .replaceAll(/(?<=\/(?:profile|heap|allocs|block|mutex|trace)\?seconds=)\d+/g, `${captureSeconds}`)
}

/** What a page takes for granted in its reader's shell. */
function shellOf({ service, stores, more }: Reader): Readonly<Record<string, string>> {
  const { JWT_SECRET: secret, JWT_AUDIENCE: audience } = parseConfig({ NODE_ENV: 'test' })
  const token = (user: string, role: 'customer' | 'admin') =>
    signToken({ user, role, expiresInSeconds: 3600, secret, audience })
  const env = environment(stores, {
    D: service.diagnostics,
    API: `${service.api}/api/v1`,
    TOKEN: token('reader', 'customer'),
    ADMIN: token('admin', 'admin'),
    ...more,
  })
  return env as Record<string, string>
}
