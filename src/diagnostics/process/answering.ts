import { limits } from '../limits.ts'
import { makeAnswerer } from '../link/answerer.ts'
import type { Call, Cancel, Reply, Told } from '../link/protocol.ts'
import type { ProcessOptions } from '../options.ts'
import { background } from './background.ts'
import { handlersOf } from './handlers.ts'
import { measuredWhole } from './measure.ts'
import { makeProcessSide, type ProcessSide } from './side.ts'

export interface Answering {
  side: ProcessSide
  receive(message: Call | Cancel): void
  stop(): Promise<void>
}

/** Makes this process answer, over whatever carries its replies, and starts what goes on in it meanwhile. */
export function startAnswering(
  options: ProcessOptions,
  post: (reply: Reply) => void,
  tell: (told: Told) => void,
): Answering {
  const side = makeProcessSide(options, tell)
  const answerer = makeAnswerer(handlersOf(side), post, limits, measuredWhole)
  const stops = background.map((start) => start(side))
  return {
    side,
    receive: (message) => void answerer.receive(message),
    async stop() {
      answerer.stop()
      await Promise.allSettled(stops.map((stop) => stop()))
    },
  }
}
