import { parseArgs } from 'node:util'
import { kafkaAccess } from '../compose/access.ts'
import { makeKafka } from '../kafka/client.ts'
import { type DeadLetter, readDeadLetters, replayDeadLetters } from '../kafka/dead-letter-desk.ts'
import { TOPICS, type Topic } from '../kafka/topics.ts'
import { type Command, UsageError } from './context.ts'
import { withStores } from './with-stores.ts'

const usage = `usage: npm run dlq -- list [--topic T] [--limit N] [--json]
       npm run dlq -- replay [--topic T] (--event-id E … | --all)
topics: ${TOPICS.join(', ')}`

/**
 * Looks at the events that consumers gave up, and sends them back once their cause is mended. A letter that was sent back is not
 * listed any more. @returns 0; 1 when an event that was named is not there
 */
export const dlq: Command = async (args, context) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      topic: { type: 'string' },
      limit: { type: 'string', default: '50' },
      'event-id': { type: 'string', multiple: true, default: [] },
      all: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      yes: { type: 'boolean', default: false },
    },
  })
  const [action, ...more] = positionals
  const topics = topicsOf(values.topic)
  const limit = Number(values.limit)
  const wanted = values['event-id']
  const isReplay = action === 'replay'
  if ((action !== 'list' && !isReplay) || more.length > 0) throw new UsageError(usage)
  if (!Number.isInteger(limit) || limit < 1) throw new UsageError(usage)
  // Everything or something named: never everything because a name was forgotten.
  if (isReplay && values.all === wanted.length > 0) throw new UsageError(usage)

  const { config, stack } = await withStores(['kafka'], values.yes, context)
  try {
    const kafka = makeKafka({ ...kafkaAccess(config), clientId: 'floodgate-dlq' })
    const prefix = config.KAFKA_TOPIC_PREFIX
    const letters: DeadLetter[] = []
    for (const topic of topics) letters.push(...(await readDeadLetters(kafka, prefix, topic)))
    if (!isReplay) {
      for (const line of listing(letters, limit, values.json)) context.print(line)
      return 0
    }
    const chosen = values.all
      ? letters
      : letters.filter(({ eventId }) => eventId !== null && wanted.includes(eventId))
    await replayDeadLetters(kafka, prefix, chosen)
    const missing = wanted.filter((id) => !chosen.some(({ eventId }) => eventId === id))
    for (const id of missing) context.report(`no dead letter has the event id ${id}`)
    context.print(`${chosen.length} events were sent back`)
    return missing.length > 0 ? 1 : 0
  } finally {
    await stack.stop()
  }
}

function topicsOf(given: string | undefined): readonly Topic[] {
  if (given === undefined) return TOPICS
  const topic = TOPICS.find((one) => one === given)
  if (!topic) throw new UsageError(usage)
  return [topic]
}

function listing(letters: readonly DeadLetter[], limit: number, json: boolean): string[] {
  const shown = letters.slice(0, limit)
  if (json)
    return shown.map(({ message, ...rest }) => JSON.stringify({ ...rest, value: String(message.value) }))
  const left = letters.length - shown.length
  return [
    ...shown.map(
      ({ topic, firstFailedAt, eventId, type, bookingId, attempts, reason }) =>
        `${firstFailedAt}  ${topic}  ${eventId ?? '(no event id)'}  ${type ?? '(no type)'}  booking ${bookingId}  ` +
        `${attempts} attempts  ${reason}`,
    ),
    left > 0 ? `and ${left} more` : `${letters.length} events were given up and not sent back`,
  ]
}
