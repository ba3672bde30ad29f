import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'

interface Cleanup {
  after(work: () => unknown): void
}

export interface RunningApp {
  /** http://127.0.0.1:PORT of the diagnostics. */
  url: string
  diagnosticsPort: number
  /** Of the application itself. */
  appUrl: string
  /** What it said, parsed. */
  lines: Record<string, unknown>[]
  child: ChildProcess
}

/** Starts the bare app in a process of its own, ended with the test. */
export async function startApp(t: Cleanup, mode: 'single' | 'cluster'): Promise<RunningApp> {
  return startScript(t, [join(import.meta.dirname, 'bare-app.ts'), mode])
}

/** Starts a script that tells `port` and `diagnosticsPort` in a line of JSON on either output. */
export async function startScript(
  t: Cleanup,
  args: readonly string[],
  env = process.env,
): Promise<RunningApp> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env })
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  })
  const lines: Record<string, unknown>[] = []
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    let rest = ''
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const whole = (rest + text).split('\n')
      rest = whole.pop() ?? ''
      for (const line of whole) if (line.startsWith('{')) lines.push(JSON.parse(line))
    })
  }
  const said = () =>
    lines.find((line) => line.diagnosticsPort !== undefined || line.message === 'diagnostics')
  await until(() => said() !== undefined || child.exitCode !== null)
  const first = said()
  if (!first) throw new Error(`the app did not start:\n${output}`)
  const diagnosticsPort = Number(first.diagnosticsPort ?? first.port)
  const url = `http://127.0.0.1:${diagnosticsPort}`
  return { url, diagnosticsPort, appUrl: `http://127.0.0.1:${first.port}`, lines, child }
}

/** @throws Error when the condition does not hold in time */
export async function until(holds: () => unknown, withinMs = 45_000): Promise<void> {
  const endMs = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`not within ${withinMs} ms: ${holds}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** go tool pprof with its files in a place of its own. */
export async function goPprof(dir: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, PPROF_TMPDIR: dir }
  const { stdout } = await promisify(execFile)('go', ['tool', 'pprof', ...args], { env, timeout: 120_000 })
  return stdout
}
