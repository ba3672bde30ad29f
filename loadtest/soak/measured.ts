/** What a soak found: docs/benchmarks/soak.json. Memory and sizes are in bytes. */
import type { KafkaSize } from './kafka-size.ts'
import type { Load } from './load.ts'
import type { NodeMemory } from './node-memory.ts'
import type { TableSizes } from './postgres-size.ts'
import type { RedisMemory } from './redis-memory.ts'

/** Everything that is kept anywhere, when nothing is on its way. */
export interface Reading {
  api: NodeMemory
  worker: NodeMemory
  redis: RedisMemory
  postgres: { pssBytes: number; walBytes: number; tables: TableSizes }
  kafka: KafkaSize & { rssBytes: number }
}

export interface Round {
  load: Load
  /** From the end of the load until no seat was held, both backlogs were empty and every consumer had caught up. */
  restSeconds: number
  reading: Reading
}

export interface SoakMeasured {
  /** Requests a second that were asked for, and how many of them only looked at the seats. */
  rate: number
  reads: number
  seconds: number
  holdSeconds: number
  /** After the warm-up: a short load and its rest. */
  before: Reading
  rounds: Round[]
  judgements: Judgement[]
}

/** Whether the last round added anything that its live data does not explain. */
export interface Judgement {
  what: string
  /** In a sentence, with its numbers. */
  why: string
  held: boolean
}
