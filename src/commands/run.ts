import { InvalidConfiguration } from '../config.ts'
import { RefusedConnection } from '../pipeline/refused-connection.ts'
import { CannotStart } from '../supervisor/supervisor.ts'
import { type Command, type CommandContext, UsageError } from './context.ts'
import { describeError } from './describe-error.ts'

/** Loaded when they are called: a process carries only what it needs. */
const commands: Record<string, () => Promise<Command>> = {
  start: async () => (await import('./start.ts')).start,
  member: async () => (await import('./member.ts')).member,
  stack: async () => (await import('./stack.ts')).stack,
  token: async () => (await import('./token.ts')).token,
  seed: async () => (await import('./seed.ts')).seed,
  audit: async () => (await import('./audit.ts')).audit,
  dlq: async () => (await import('./dlq.ts')).dlq,
  migrate: async () => (await import('./migrate.ts')).migrateDatabase,
  settings: async () => (await import('./settings.ts')).settings,
  metrics: async () => (await import('./metrics.ts')).metrics,
  keeper: async () => (await import('./keeper.ts')).keeper,
}

/** Runs the command that the first word names. @returns the exit code: 2 when it was not understood, 1 when it failed */
export async function runCommand(
  [name = 'start', ...args]: string[],
  context: CommandContext,
): Promise<number> {
  const load = commands[name]
  if (!load) {
    context.report(`there is no command ${name}; there are ${Object.keys(commands).join(', ')}`)
    return 2
  }
  try {
    const command = await load()
    return await command(args, context)
  } catch (error) {
    const understood = !(error instanceof UsageError || isParseError(error))
    const plain =
      !understood ||
      [InvalidConfiguration, CannotStart, RefusedConnection].some((one) => error instanceof one)
    context.report(plain ? (error as Error).message : describeError(error))
    return understood ? 1 : 2
  }
}

function isParseError(error: unknown): boolean {
  return String((error as { code?: unknown } | null)?.code).startsWith('ERR_PARSE_ARGS')
}
