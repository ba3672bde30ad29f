// A service of a few lines, as a process of a supervisor: `app.ts PORT FOLDER` answers every request with its pid. Files in FOLDER steer it:
// `fails` says that it cannot start, `silent` that it never gets ready, `dies` ends it without a word, `deaf` makes it ignore orders.
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { joinSupervisor } from '../../src/supervisor/join.ts'

const [port = '0', folder = ''] = process.argv.slice(2)
const is = (file: string): boolean => existsSync(join(folder, file))
const supervisor = joinSupervisor({ drainMs: 0, withinMs: 10_000 })

if (is('dies')) process.exit(3)
if (is('fails')) {
  await supervisor.failed('the stage is not built')
  process.exit(1)
}
const server = createServer((_request, response) => response.end(String(process.pid)))
if (!is('silent')) {
  server.listen(Number(port), '127.0.0.1', () => supervisor.ready(`http://127.0.0.1:${port}`))
}
const { why } = await supervisor.stop
if (!(why === 'the supervisor says so' && is('deaf'))) {
  await new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections()
  })
  supervisor.leave()
} else {
  setInterval(() => {}, 1000)
}
