import type { Plan } from './plan.ts'

const STEP_SECONDS = 1

/** Loads in steps of a second until enough requests were done: compiled code needs a number of calls, not a length of time. */
export async function warmUp(
  { warmRequests, warmSecondsAtMost }: Plan,
  load: (seconds: number) => Promise<{ perSecond: number }>,
): Promise<void> {
  let requests = 0
  for (let seconds = 0; seconds < warmSecondsAtMost && requests < warmRequests; seconds += STEP_SECONDS) {
    const { perSecond } = await load(STEP_SECONDS)
    requests += perSecond * STEP_SECONDS
  }
}
