/** Runs documented commands as a person would type them: one shell for a page, so that what one sets the next one has. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './commands.ts'

export interface Ran {
  text: string
  code: number
  stdout: string
  stderr: string
}

/**
 * Around programs: a refused request is a failure; npm is run in the project, whatever folder the page's files are in; a
 * stream that goes on is left after a few seconds; a reader who has seen enough (`| head`) is none.
 */
const AROUND = `
curl() {
  local code=0 limit=60 word
  for word in "$@"; do [ "$word" = -N ] && limit=4; done
  command curl --no-progress-meter --fail-with-body --max-time "$limit" "$@" || code=$?
  case "$code" in 23) code=0 ;; 28) [ "$limit" = 4 ] && code=0 ;; esac
  return "$code"
}
npm() { (cd "$PROJECT" && command npm "$@"); }
promtool() { (cd "$PROJECT" && command promtool "$@"); }
redis-cli() { command redis-cli -u "$REDIS_URL" "$@"; }
set -o pipefail
`

/** @param dir where the page's files go. @returns what each command did, in order; all are run, whatever became of those before */
export async function runInShell(
  commands: readonly string[],
  dir: string,
  env: Readonly<Record<string, string>>,
): Promise<Ran[]> {
  mkdirSync(dir, { recursive: true })
  // Two shells may be at work in one folder, as of a reader with two terminals.
  const outputs = mkdtempSync(join(dir, '.outputs-'))
  const file = (n: number, name: string) => join(outputs, `${n}.${name}`)
  const script = commands
    .map(
      (text, n) =>
        `{ ${text}\n} >${file(n, 'out')} 2>${file(n, 'err')} </dev/null\necho $? >${file(n, 'code')}\n`,
    )
    .join('')
  const path = join(outputs, 'script.sh')
  writeFileSync(path, `${AROUND}${script}`)
  const PATH = `${dirname(process.execPath)}:${process.env['PATH']}`
  const child = spawn('bash', [path], {
    cwd: dir,
    env: { PATH, HOME: process.env['HOME'], PROJECT: root, PPROF_TMPDIR: outputs, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  await new Promise<void>((done, fail) => child.once('error', fail).once('close', () => done()))
  return commands.map((text, n) => ({
    text,
    code: Number(contentOf(file(n, 'code')) || -1),
    stdout: contentOf(file(n, 'out')),
    stderr: contentOf(file(n, 'err')),
  }))
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
