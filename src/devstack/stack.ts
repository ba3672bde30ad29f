/**
 * Brings up Redis, PostgreSQL and Kafka on this machine for local work and the tests, as child processes of a keeper
 * (keeper.ts). What is started is stopped when its owner ends, however it ends; ports fall back to free ones; data lives
 * in `.data/`, and `.data/stack.json` says what runs where. A Prometheus beside them is started the same way, for whoever asks
 * for one.
 */
import type { RunningStack, StackOptions } from './open-stack.ts'
import { openStack } from './open-stack.ts'

export type { RunningStack, StackOptions } from './open-stack.ts'
export { runStackCommand } from './stack-command.ts'

/**
 * Starts the wanted stores, or joins the stack that runs on this data directory already. Resolves when Redis and
 * PostgreSQL answer; Kafka goes on starting. Throws when one of those two cannot be had, with what, why and how.
 */
export function startStack(options: StackOptions): Promise<RunningStack> {
  return openStack(options, 'attached')
}
