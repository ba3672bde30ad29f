/**
 * A process that holds streams open and notes when passes come. Started by streams.ts with an IPC channel: it opens what it is
 * told, says when each has its first position, and reports at the end.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { openCrowdStream } from './crowd-stream.ts'

export interface ClientOrder {
  port: number
  path: string
  tokensFile: string
  /** The lines of the file that are this process's: from … to. */
  from: number
  to: number
  localAddress: string
  /** How long a pass lives: its end says when it was given. */
  passTtlMs: number
}

export interface ClientReport {
  opened: number
  ended: number
  positions: number
  /** Milliseconds from a pass's release to its arrival. */
  deliveryMs: number[]
}

/** Connections being made at a time, and how often one is tried while the service says that it has too much to do. */
const TOGETHER = 100
const MAX_TRIES = 100

const report: ClientReport = { opened: 0, ended: 0, positions: 0, deliveryMs: [] }

async function openOne(order: ClientOrder, token: string): Promise<void> {
  for (let tried = 0; tried < MAX_TRIES; tried++) {
    const { status, socket } = await openCrowdStream({
      port: order.port,
      path: order.path,
      token,
      localAddress: order.localAddress,
      onEnd: () => report.ended++,
      onEvent(event, data) {
        if (event === 'position') report.positions++
        if (event !== 'ready') return
        const { queue_pass_expires_at } = JSON.parse(data) as { queue_pass_expires_at: string }
        report.deliveryMs.push(Date.now() - (Date.parse(queue_pass_expires_at) - order.passTtlMs))
      },
    })
    if (status === 200) {
      report.opened++
      return
    }
    socket.destroy()
    report.ended--
    if (status !== 503) throw new Error(`a stream was answered ${status}`)
    await sleep(200)
  }
  throw new Error('the service had too much to do for a stream')
}

process.on('message', async (message: { order: ClientOrder } | 'report') => {
  if (message === 'report') {
    process.send?.({ report })
    return
  }
  const { order } = message
  const tokens = readFileSync(order.tokensFile, 'utf8').split('\n').slice(order.from, order.to)
  let next = 0
  const open = async () => {
    while (next < tokens.length) await openOne(order, tokens[next++] as string)
  }
  try {
    await Promise.all(Array.from({ length: TOGETHER }, open))
    process.send?.('open')
  } catch (error) {
    process.send?.({ failed: String(error) })
  }
})
process.on('disconnect', () => process.exit())
