import type { Redis } from 'ioredis'
import { allPartitions } from '../pipeline/partition.ts'
import { dueKey } from './keys.ts'
import { sendTogether } from './send-together.ts'

/** What one node of a cluster says of all of them. */
export interface ClusterView {
  /** Whether it believes that the cluster works: a node that was cut off from the others knows that it is old. */
  isWell: boolean
  /** Partitions by the address (host:port) of the master that has them. One that nobody has is in none. */
  masters: Map<string, number[]>
}

type SlotRange = [
  first: number,
  last: number,
  master: [host: string | null, port: number, ...unknown[]],
  ...unknown[],
]

/** @param host of this node, for when it does not know its own */
export async function readView(redis: Redis, host: string): Promise<ClusterView> {
  const [info, ranges, ...slots] = await sendTogether(redis, (pipeline) => {
    pipeline.cluster('INFO')
    pipeline.cluster('SLOTS')
    for (const partition of allPartitions) pipeline.cluster('KEYSLOT', dueKey(partition))
  })
  const masters = new Map<string, number[]>()
  for (const partition of allPartitions) {
    const slot = slots[partition] as number
    const range = (ranges as SlotRange[]).find(([first, last]) => first <= slot && slot <= last)
    if (!range) continue
    const [name, port] = range[2]
    const address = `${name ? bracketed(name) : host}:${port}`
    masters.set(address, [...(masters.get(address) ?? []), partition])
  }
  return { isWell: /^cluster_state:ok/m.test(String(info)), masters }
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
