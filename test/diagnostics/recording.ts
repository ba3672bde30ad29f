import { join } from 'node:path'
import { type RunningApp, startScript } from './running-app.ts'

/** What V8 inlined before a window began may have its caller's name in it, and the tests look for functions by name. */
const NOT_INLINED = ['--no-turbo-inlining', '--no-maglev-inlining']

/** Starts recording-app.ts with these options of the library. */
export function startRecording(
  t: { after(work: () => unknown): void },
  options: object,
): Promise<RunningApp> {
  return startScript(t, [
    ...NOT_INLINED,
    join(import.meta.dirname, 'recording-app.ts'),
    JSON.stringify(options),
  ])
}
