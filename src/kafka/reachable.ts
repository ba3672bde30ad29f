import { connect } from 'node:net'

/** Whether any of the brokers takes a connection within a time. */
export async function brokerReachable(brokers: readonly string[], withinMs: number): Promise<boolean> {
  const answers = await Promise.all(brokers.map((broker) => accepts(broker, withinMs)))
  return answers.includes(true)
}

function accepts(broker: string, withinMs: number): Promise<boolean> {
  const colon = broker.lastIndexOf(':')
  return new Promise((resolve) => {
    const socket = connect({
      host: broker.slice(0, colon),
      port: Number(broker.slice(colon + 1)),
    })
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(withinMs, () => settle(false))
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
  })
}
