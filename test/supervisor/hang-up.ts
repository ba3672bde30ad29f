// Waits for signals as a service of several processes does: `hang-up.ts FILE` writes there what they ask for, a line each.
import { appendFileSync } from 'node:fs'
import { stopSignal } from '../../src/commands/stop-signal.ts'

const [file = ''] = process.argv.slice(2)
const note = (line: string): void => appendFileSync(file, `${line}\n`)
const signal = stopSignal()
signal.onHangUp(() => note('exchange'))
const staying = setInterval(() => {}, 60_000)
note(`ready ${process.pid}`)
note(`stop by ${await signal.asked}`)
clearInterval(staying)
