import { recordSeconds } from '../flight/record-seconds.ts'
import { recordWindows } from '../flight/record-windows.ts'
import { sampleHeap } from '../heap/sample-always.ts'
import { countFlights } from '../in-flight.ts'
import { heartbeat } from './heartbeat.ts'
import type { ProcessSide } from './side.ts'

/** Work that goes on in each process for as long as the library is mounted there. @returns how to end it */
export type Background = (side: ProcessSide) => () => void | Promise<void>

/** One line for each. */
export const background: readonly Background[] = [
  heartbeat,
  countFlights,
  recordWindows,
  recordSeconds,
  sampleHeap,
]
