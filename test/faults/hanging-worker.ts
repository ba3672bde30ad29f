/**
 * A process that is killed in the middle of its work: it works on the first version of a booking, begins with the second, says so on
 * standard output, and never ends. Arguments: brokers, topic prefix, database.
 */
import { makeKafka, plainAccess } from '../../src/kafka/client.ts'
import { makeConsumedEvents } from '../../src/postgres/consumed-events.ts'
import { connectDatabase } from '../kafka/database.ts'
import { makeGroup } from '../kafka/group.ts'

const [brokers = '', prefix = '', databaseUrl = ''] = process.argv.slice(2)
const database = await connectDatabase(databaseUrl)
const kafka = makeKafka({ ...plainAccess(brokers), clientId: 'hanging' })
makeGroup(kafka, prefix, {
  consumed: makeConsumedEvents(database),
  async handler({ version }) {
    process.stdout.write(`at work on ${version}\n`)
    if (version === 2) await new Promise(() => {})
  },
}).start()
