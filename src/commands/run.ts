import { InvalidConfiguration } from '../config.ts'
import { runKeeper } from '../devstack/keeper.ts'
import { audit } from './audit.ts'
import { type Command, type CommandContext, UsageError } from './context.ts'
import { migrateDatabase } from './migrate.ts'
import { seed } from './seed.ts'
import { settings } from './settings.ts'
import { stack } from './stack.ts'
import { start } from './start.ts'
import { token } from './token.ts'

const commands: Record<string, Command> = {
  start,
  stack,
  token,
  seed,
  audit,
  migrate: migrateDatabase,
  settings,
  keeper: (args, { env }) => runKeeper({ args, env }),
}

/** Runs the command that the first word names. @returns the exit code: 2 when it was not understood, 1 when it failed */
export async function runCommand(
  [name = 'start', ...args]: string[],
  context: CommandContext,
): Promise<number> {
  const command = commands[name]
  if (!command) {
    context.report(`there is no command ${name}; there are ${Object.keys(commands).join(', ')}`)
    return 2
  }
  try {
    return await command(args, context)
  } catch (error) {
    const understood = !(error instanceof UsageError || isParseError(error))
    const plain = !understood || error instanceof InvalidConfiguration
    context.report(plain ? (error as Error).message : describe(error))
    return understood ? 1 : 2
  }
}

function isParseError(error: unknown): boolean {
  return String((error as { code?: unknown } | null)?.code).startsWith('ERR_PARSE_ARGS')
}

/** An error with what caused it; the stack of the last cause is where the matter is. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined
    ? (error.stack ?? error.message)
    : `${error.message}\n  because ${describe(error.cause)}`
}
