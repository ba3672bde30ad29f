import { partitionOfEvent } from '../pipeline/partition.ts'
import { Unavailable } from '../pipeline/unavailable.ts'
import type { CapacityChange, LiveCapacity, ZoneLedger } from './ports.ts'

const MAX_ATTEMPTS = 5

/**
 * Changes a capacity in both stores. Redis is never ahead of PostgreSQL in seats: it shrinks first and grows last, so what
 * stops half-way leaves fewer seats on sale, never more, and the audit finishes it by changing to PostgreSQL's number again.
 */
export function makeCapacityChange(zones: ZoneLedger, live: LiveCapacity): CapacityChange {
  return {
    async change(eventId, zoneId, capacity) {
      const partition = partitionOfEvent(eventId)
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const current = await zones.numberChange(eventId, zoneId)
        if (!current) return { kind: 'zone_not_found' }
        const { capacityVersion } = current

        if (capacity >= current.capacity) {
          if (!(await zones.storeCapacity(zoneId, capacity, capacityVersion, null))) continue
          const applied = await live.apply(eventId, zoneId, capacity, capacityVersion)
          if (applied.kind !== 'seats_taken') return { kind: 'changed' }
          // Live stock had grown beyond what PostgreSQL knew; it keeps what is held.
          return applied
        }

        const applied = await live.apply(eventId, zoneId, capacity, capacityVersion)
        if (applied.kind === 'seats_taken') return applied
        if (applied.kind === 'unchanged') continue
        const fence = { partition, generation: applied.generation }
        if (await zones.storeCapacity(zoneId, capacity, capacityVersion, fence)) return { kind: 'changed' }
      }
      throw new Unavailable(`capacity of zone ${zoneId} (changed by others at the same time)`)
    },
  }
}
