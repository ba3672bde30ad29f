// Stands in for src/main.ts, which would load the whole service: `keeper …`, `stack …`, and `own DATA WANT`, a service
// that starts its stores, prints its endpoints and lives until it is killed.
import { runKeeper } from '../../src/devstack/keeper.ts'
import { runStackCommand, startStack } from '../../src/devstack/stack.ts'

const [command, ...args] = process.argv.slice(2)
const toolsDir = process.env.DEVSTACK_TEST_TOOLS ?? '.tools'
const mainPath = import.meta.filename
const report = (line: string): void => console.error(line)

if (command === 'keeper') {
  process.exitCode = await runKeeper({ args, env: process.env })
} else if (command === 'stack') {
  const [dataDir = '', ...rest] = args
  const print = (line: string): void => console.log(line)
  process.exitCode = await runStackCommand(rest, {
    dataDir,
    toolsDir,
    mainPath,
    env: process.env,
    report,
    print,
  })
} else {
  const [dataDir = '', wanted = ''] = args
  const wants = wanted.split(',')
  const stack = await startStack({
    dataDir,
    toolsDir,
    mainPath,
    want: {
      redis: wants.includes('redis'),
      postgres: wants.includes('postgres'),
      kafka: wants.includes('kafka'),
      prometheus: wants.includes('prometheus'),
    },
    assumeYes: true,
    env: process.env,
    report,
  })
  // The first SIGTERM stops the stores, as a service does at the end of its shutdown.
  process.once('SIGTERM', () => void stack.stop().then(() => process.exit(0)))
  setInterval(() => undefined, 60_000)
  console.log(JSON.stringify(stack.endpoints))
  console.log(`kafka ${await stack.kafkaReady}`)
}
