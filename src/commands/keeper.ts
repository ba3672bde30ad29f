import { runKeeper } from '../devstack/keeper.ts'
import type { Command } from './context.ts'

/** Owns the local servers; started by whoever needs them, never by hand. */
export const keeper: Command = (args, { env }) => runKeeper({ args, env })
