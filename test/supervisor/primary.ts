// A primary of its own, to be killed: `primary.ts PORT FOLDER` keeps two of app.ts and prints their pids.
import { resolve } from 'node:path'
import { forkMember } from '../../src/supervisor/member.ts'
import { makeSupervisor } from '../../src/supervisor/supervisor.ts'

const exec = resolve(import.meta.dirname, 'app.ts')
const supervisor = makeSupervisor({
  groups: [
    {
      name: 'app',
      count: 2,
      launch: () => forkMember({ exec, args: process.argv.slice(2), execArgv: [], env: {} }),
    },
  ],
  startTimeoutMs: 20_000,
  killGraceMs: 1000,
  observer: { ready() {}, died() {}, late() {} },
})
await supervisor.start()
console.log(JSON.stringify(supervisor.look().map(({ pid }) => pid)))
