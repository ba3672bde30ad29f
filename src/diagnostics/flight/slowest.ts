/** The slowest requests of the running window. A request that is not among them costs a count and a comparison. */
import type { SlowRequest } from './news.ts'
import { addTime } from './route-times.ts'

const KEPT = 10
const TEXT_MAX = 120

let recording = false
let slowest: SlowRequest[] = []
let floorSeconds = 0

/**
 * Says that a request ended, for the flight recorder. @param route its pattern, not its address
 * @param traceId where to look further; none costs nothing
 */
export function noteRequest(route: string, seconds: number, traceId?: string): void {
  if (!recording) return
  addTime(route, seconds)
  if (seconds <= floorSeconds) return
  const request: SlowRequest = { route: route.slice(0, TEXT_MAX), seconds, atMs: Date.now() }
  if (traceId) request.traceId = traceId.slice(0, TEXT_MAX)
  const at = slowest.findIndex((one) => one.seconds < seconds)
  slowest.splice(at < 0 ? slowest.length : at, 0, request)
  if (slowest.length < KEPT) return
  slowest.length = KEPT
  floorSeconds = slowest[KEPT - 1]?.seconds ?? 0
}

/** For the recorder: begins, or ends, keeping them. */
export function keepSlowest(on: boolean): void {
  recording = on
  takeSlowest()
}

/** For the recorder: those of the window that ended. */
export function takeSlowest(): SlowRequest[] {
  const taken = slowest
  slowest = []
  floorSeconds = 0
  return taken
}
