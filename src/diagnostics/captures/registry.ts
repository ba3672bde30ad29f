/** Every capture there is, in the order of the index. */
import { allocs } from './allocs.ts'
import { block } from './block.ts'
import type { Capture } from './capture.ts'
import { flight } from './flight.ts'
import { gc } from './gc.ts'
import { goroutine } from './goroutine.ts'
import { heap } from './heap.ts'
import { heapsnapshot } from './heapsnapshot.ts'
import { mutex } from './mutex.ts'
import { profile } from './profile.ts'
import { report } from './report.ts'
import { resources } from './resources.ts'
import { stacks } from './stacks.ts'
import { trace } from './trace.ts'

export const captures: readonly Capture[] = [
  profile,
  heap,
  allocs,
  goroutine,
  block,
  mutex,
  trace,
  stacks,
  heapsnapshot,
  report,
  gc,
  resources,
  flight,
]
