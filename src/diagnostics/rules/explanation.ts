import { limits } from '../limits.ts'
import type { ServerSide } from '../server/side.ts'
import type { Rule } from './rule.ts'

/** What the process itself says its gauge is made of: a sentence that belongs behind the verdict; empty where it says nothing, or does not answer. */
export async function explanationOf(server: ServerSide, { metric }: Rule, worker: number): Promise<string> {
  const options = { timeoutMs: limits.questionTimeoutMs }
  const asked = await server.askEvery('explain', metric, options, [worker]).catch(() => null)
  const [part] = (asked?.parts ?? []) as { value: string }[]
  return part?.value ? ` ${part.value}` : ''
}
