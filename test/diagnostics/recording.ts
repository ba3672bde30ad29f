import { join } from 'node:path'
import { type RunningApp, startScript } from './running-app.ts'

/** Starts recording-app.ts with these options of the library. */
export function startRecording(
  t: { after(work: () => unknown): void },
  options: object,
): Promise<RunningApp> {
  return startScript(t, [join(import.meta.dirname, 'recording-app.ts'), JSON.stringify(options)])
}
