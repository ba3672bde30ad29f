/** The whole service for tests of the page, as `npm start` runs it, on stores of the test file's own. */

import { type ServiceProcess, startService } from '../faults/process.ts'
import type { Cleanup } from '../support/restartable.ts'
import {
  openDatabase,
  openKafka,
  openRedis,
  withoutKafka,
  withoutPostgres,
  withoutRedis,
} from '../support/stores.ts'

export const withoutStores = withoutRedis || withoutPostgres || withoutKafka

export async function startWhole(
  t: Cleanup,
  settings: Readonly<Record<string, string>> = {},
): Promise<ServiceProcess> {
  const [redis, database, kafka] = [await openRedis(t), await openDatabase(t), openKafka(t)]
  const stores = {
    redisUrl: redis.url,
    databaseUrl: database.url,
    kafkaBrokers: kafka.brokers,
    topicPrefix: `${kafka.topic('page')}.`,
  }
  // Two cores carry all of this: a visitor who is turned away by accident proves nothing.
  return startService(t, 'all', stores, { SHED_LOOP_DELAY_MS: '10000', ...settings })
}
