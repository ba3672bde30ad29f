/** What a capture or background work has at hand on the thread beside a process's main thread. */
import type { Fields } from '../link/protocol.ts'
import type { Shared } from '../shared.ts'

export interface BesideSide {
  /** 0, or the number of the cluster worker. */
  number: number
  /** See shared.ts: what the main thread writes there is seen even while it is blocked. */
  shared: Shared
  artifactsDir: string | null
  log(level: 'info' | 'warn', fields: Fields, message: string): void
}
