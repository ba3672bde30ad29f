/** What a capture, a question or a background task has at hand in the process that is looked at. */
import cluster from 'node:cluster'
import type { News } from '../flight/news.ts'
import { type HeapSampler, sharedHeapSampler } from '../heap/heap-sampler.ts'
import type { Told } from '../link/protocol.ts'
import type { ProcessOptions } from '../options.ts'
import { type Governor, makeGovernor } from '../sampler/governor.ts'
import { type Sampler, sharedSampler } from '../sampler/sampler.ts'
import { makeShared, type Shared } from '../shared.ts'

export interface ProcessSide {
  /** 0, or the number of the cluster worker. */
  number: number
  options: ProcessOptions
  sampler: Sampler
  heapSampler: HeapSampler
  governor: Governor
  /** See shared.ts: the thread beside this one sees it too. */
  shared: Shared
  /** Tells the server thread; lost where nobody listens (yet). */
  tell(news: News): void
}

export function makeProcessSide(options: ProcessOptions, post: (told: Told) => void): ProcessSide {
  const sampler = sharedSampler()
  const number = cluster.worker?.id ?? 0
  return {
    number,
    options,
    sampler,
    heapSampler: sharedHeapSampler(),
    governor: makeGovernor(sampler),
    shared: makeShared(),
    tell: (news) => post({ kind: 'told', process: number, news }),
  }
}
