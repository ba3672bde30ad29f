/** The dashboards, each in a file of its own, as Grafana's folder lists them. */

import type { Board } from './build/board.ts'
import { business } from './business.ts'
import { loadTests } from './load-tests.ts'
import { nodeRuntime } from './node-runtime.ts'
import { pipeline } from './pipeline.ts'
import { poolsAndQueues } from './pools-and-queues.ts'
import { service } from './service.ts'
import { tenKCheck } from './ten-k-check.ts'

export const boards: Readonly<Record<string, Board>> = {
  'ten-k-check': tenKCheck,
  service,
  'pools-and-queues': poolsAndQueues,
  pipeline,
  'node-runtime': nodeRuntime,
  business,
  'load-tests': loadTests,
}
