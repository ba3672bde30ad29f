import type { TestContext } from 'node:test'
import { type Buyers, startBuyers } from '../faults/buyers.ts'
import { createEvents } from '../faults/client.ts'
import { type ServiceProcess, startService } from '../faults/process.ts'
import { openDatabase, openRedis } from '../support/stores.ts'
import { temporaryDir } from './programs.ts'

export interface Selling {
  service: ServiceProcess
  stores: { redisUrl: string; databaseUrl: string }
  buyers: Buyers
}

/** The booking service as it runs, a primary, a worker and two API processes, in the midst of a sale that ends with the test. */
export async function startSelling(
  t: TestContext,
  settings: Record<string, string> = {},
  confirmShare = 0.3,
): Promise<Selling> {
  const [redis, database] = await Promise.all([openRedis(t), openDatabase(t)])
  const stores = { redisUrl: redis.url, databaseUrl: database.url }
  const service = await startService(t, 'all', stores, {
    WEB_CONCURRENCY: '2',
    PG_POOL_MAX: '8',
    DIAGNOSTICS_DIR: temporaryDir(t),
    ...settings,
  })
  const sales = await createEvents(service.api, 3, 50_000)
  const buyers = startBuyers(service.api, sales, { confirmShare, maxRequests: 100_000 })
  t.after(() => buyers.stop())
  return { service, stores, buyers }
}
