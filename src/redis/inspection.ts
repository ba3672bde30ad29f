import type { StoreFindings, StoreInspection } from '../pipeline/rebuild-ports.ts'
import { Unavailable } from '../pipeline/unavailable.ts'
import { generationKey, serverKey } from './keys.ts'
import type { RedisNode } from './node.ts'
import type { RedisPool } from './redis-pool.ts'
import type { Scripts } from './scripts.ts'
import { sendTogether } from './send-together.ts'
import { markOf } from './server-mark.ts'

/**
 * Looks at every server for signs that it is not the one that was reconciled: scripts that are gone (it restarted, or was promoted:
 * the script cache is neither kept nor replicated), another generation (keys were lost), another mark.
 */
export function makeInspection(redis: RedisPool, scripts: Scripts): StoreInspection {
  const shas = Object.values(scripts).map(({ sha }) => sha)

  async function suspicionOf(
    node: RedisNode,
    generations: ReadonlyMap<number, number>,
  ): Promise<string | null> {
    const partitions = node.partitions()
    const [exist, server, replication, ...values] = await node.run((connection) =>
      sendTogether(connection, (pipeline) => {
        pipeline.script('EXISTS', ...shas)
        pipeline.info('server').info('replication')
        for (const partition of partitions) pipeline.get(generationKey(partition))
        for (const partition of partitions) pipeline.get(serverKey(partition))
      }),
    )
    if ((exist as number[]).includes(0)) return 'its scripts are not loaded'
    const mark = markOf(String(server), String(replication))
    for (const [i, partition] of partitions.entries()) {
      if (Number(values[i] ?? 0) !== generations.get(partition))
        return `partition ${partition} is of another generation`
      if (values[partitions.length + i] !== mark)
        return `partition ${partition} was rebuilt on another server`
    }
    return null
  }

  return {
    async look(generations) {
      const findings: StoreFindings = { suspicion: null, away: null }
      const nodes = redis.nodes()
      let answered = 0
      for (const node of nodes) {
        const partitions = node.partitions()
        try {
          const why = await suspicionOf(node, generations)
          answered++
          if (why === null) continue
          const earlier = findings.suspicion
          findings.suspicion = {
            why: earlier?.why ?? why,
            partitions: [...(earlier?.partitions ?? []), ...partitions],
          }
        } catch (error) {
          if (!(error instanceof Unavailable)) throw error
          findings.away ??= error
        }
      }
      const served = nodes.flatMap((node) => node.partitions()).length
      if (served < generations.size) findings.away ??= new Unavailable('redis (partitions that nobody has)')
      if (answered === 0) throw findings.away ?? new Unavailable('redis')
      return findings
    },
  }
}
