import { limits } from '../limits.ts'
import type { ProcessOptions } from '../options.ts'
import { Refusal } from '../refusal.ts'

/**
 * Does work while this process is out of traffic, and brings it back whatever becomes of the work. Where the application did not say how
 * to take it out, it is done in the midst of it.
 *
 * @throws Refusal drain_failed, drain_timeout (503): then the work was not begun; not_back (500): it was done, and the process stays out
 */
export async function drainedWhile<T>(
  drain: ProcessOptions['drain'],
  work: () => T | Promise<T>,
): Promise<T> {
  if (!drain) return work()
  const back = await takenOut(drain)
  try {
    return await work()
  } finally {
    await broughtBack(back)
  }
}

type Back = Awaited<ReturnType<NonNullable<ProcessOptions['drain']>>>

async function takenOut(drain: NonNullable<ProcessOptions['drain']>): Promise<Back> {
  const { drainMs, drainGraceMs } = limits
  const leaving = (async () => drain(AbortSignal.timeout(drainMs)))()
  const outcome = await within(drainMs + drainGraceMs, leaving).catch((error: unknown) => {
    throw refused(503, 'drain_failed', `the process could not be taken out of traffic: ${textOf(error)}`)
  })
  if (outcome !== LATE) return outcome
  // Once it is out after all nobody waits for it there.
  leaving.then((back) => back()).catch(() => {})
  throw refused(503, 'drain_timeout', `the process was not out of traffic within ${drainMs} ms`)
}

async function broughtBack(back: Back): Promise<void> {
  const { drainMs } = limits
  const outcome = await within(drainMs, (async () => back())()).catch((error: unknown) => {
    throw refused(500, 'not_back', `the process could not be brought back into traffic: ${textOf(error)}`)
  })
  if (outcome === LATE)
    throw refused(500, 'not_back', `the process was not back in traffic within ${drainMs} ms`)
}

const LATE = Symbol('late')

async function within<T>(ms: number, work: Promise<T>): Promise<T | typeof LATE> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(resolve, ms, LATE)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function refused(status: number, code: string, message: string): Refusal {
  return new Refusal({
    status,
    code,
    message,
    ...(status === 503 ? { headers: { 'retry-after': '10' } } : {}),
  })
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
