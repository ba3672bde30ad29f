import { connect } from 'node:net'
import { Kafka, logLevel } from 'kafkajs'
import { within } from '../pipeline/patience.ts'
import { Unavailable } from '../pipeline/unavailable.ts'
import { type KafkaAccess, securityOf } from './client.ts'
import { kafkaFailure } from './failure.ts'

/**
 * Looks whether any of the brokers takes us within a time: a connection, and what TLS and login want of it.
 *
 * @throws Unavailable; RefusedConnection
 */
export async function assertReachable(access: KafkaAccess, withinMs: number): Promise<void> {
  if (access.tls || access.login) return logIn(access, withinMs)
  const answers = await Promise.all(access.brokers.map((broker) => accepts(broker, withinMs)))
  if (!answers.includes(true)) throw new Unavailable('kafka')
}

async function logIn(access: KafkaAccess, withinMs: number): Promise<void> {
  const admin = new Kafka({
    clientId: 'floodgate-ready',
    ...securityOf(access),
    connectionTimeout: withinMs,
    authenticationTimeout: withinMs,
    requestTimeout: withinMs,
    retry: { retries: 0 },
    logLevel: logLevel.NOTHING,
  }).admin()
  try {
    await within(withinMs, admin.connect(), () => new Unavailable('kafka'))
  } catch (error) {
    throw error instanceof Unavailable ? error : kafkaFailure(error)
  } finally {
    void admin.disconnect().catch(() => {})
  }
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
