import { captures } from '../captures/registry.ts'
import { limits } from '../limits.ts'
import { type Answerer, type Handlers, makeAnswerer } from '../link/answerer.ts'
import type { Reply } from '../link/protocol.ts'
import { background } from './background.ts'
import type { BesideSide } from './side.ts'

export interface BesideAnswering {
  receive: Answerer['receive']
  stop(): Promise<void>
}

/** Answers the captures that run beside a main thread, and starts what goes on there meanwhile. */
export function startBeside(side: BesideSide, post: (reply: Reply) => void): BesideAnswering {
  const handlers: Record<string, Handlers[string]> = {}
  for (const capture of captures) {
    if (capture.where !== 'beside') continue
    handlers[`beside:${capture.name}`] = (params, signal) => capture.run(params as never, { side, signal })
  }
  const answerer = makeAnswerer(handlers, post, limits)
  const stops = background.map((start) => start(side))
  return {
    receive: answerer.receive,
    async stop() {
      answerer.stop()
      await Promise.allSettled(stops.map((stop) => stop()))
    },
  }
}
