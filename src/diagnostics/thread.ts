/** The thread beside a main thread: in the process that serves it is the server too. Started by start-thread.ts. */
import { isMainThread, workerData } from 'node:worker_threads'
import { attend, type BesideData } from './beside/attend.ts'
import { serve } from './server/serve.ts'
import type { ServerData } from './thread-config.ts'

if (!isMainThread) {
  const data = workerData as ServerData | BesideData
  if (data.role === 'server') await serve(data)
  else attend(data)
}
