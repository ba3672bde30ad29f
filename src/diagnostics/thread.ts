/** The server thread: HTTP, rendering and merging, away from the main thread. Started by start.ts. */
import { isMainThread, workerData } from 'node:worker_threads'
import { serve } from './server/serve.ts'
import type { ThreadData } from './thread-config.ts'

if (!isMainThread) await serve(workerData as ThreadData)
