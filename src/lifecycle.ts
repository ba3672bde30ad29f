import type { Part } from './workers/loop.ts'

export interface LifecycleLog {
  info(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Parts that run: started in order, stopped in reverse. */
export interface Running {
  /** Stops every part, each within what is left of the deadline. A part that fails or is late does not keep the others. */
  stop(deadlineMs: number): Promise<void>
}

/** Starts parts one after the other. When one fails, those before it are stopped again. @throws what that part threw */
export async function startParts(parts: readonly Part[], log: LifecycleLog): Promise<Running> {
  const started: Part[] = []
  const running: Running = {
    async stop(deadlineMs) {
      const endMs = performance.now() + deadlineMs
      for (const part of started.reverse()) await stopPart(part, endMs - performance.now(), log)
    },
  }
  for (const part of parts) {
    try {
      started.push(part)
      await part.start()
    } catch (error) {
      await running.stop(5000)
      throw error
    }
  }
  return running
}

async function stopPart(part: Part, withinMs: number, log: LifecycleLog): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, Math.max(withinMs, 100), 'late')
  })
  try {
    const outcome = await Promise.race([part.stop(), late])
    if (outcome === 'late') log.error({ part: part.name }, 'did not stop in time')
  } catch (error) {
    log.error({ part: part.name, err: error }, 'did not stop cleanly')
  } finally {
    clearTimeout(timer)
  }
}
