import { parseConfig } from '../config.ts'
import { runStackCommand } from '../devstack/stack.ts'
import type { Command } from './context.ts'

/** `npm run stack -- up|down|status|reset` */
export const stack: Command = (args, { env, mainPath, print, report }) => {
  const { DATA_DIR, TOOLS_DIR } = parseConfig(env)
  return runStackCommand(args, {
    dataDir: DATA_DIR,
    toolsDir: TOOLS_DIR,
    mainPath,
    env,
    print,
    report,
  })
}
