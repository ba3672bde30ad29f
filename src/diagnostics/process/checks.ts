import { reasonOf } from '../refusal.ts'

export interface CheckResult {
  name: string
  ok: boolean
  why?: string
}

/** Runs every check; one that throws or returns false has failed. */
export function runChecks(checks: Readonly<Record<string, () => unknown>>): Promise<CheckResult[]> {
  return Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      try {
        return { name, ok: (await check()) !== false }
      } catch (error) {
        return { name, ok: false, why: reasonOf(error) }
      }
    }),
  )
}
