/**
 * The invariants. For every zone: available + held + sold = capacity in Redis, with held counted from the holds themselves;
 * PostgreSQL's counter agrees with its bookings; both stores agree; nobody is over the limit; nothing is negative.
 */

import type { PaymentFinding } from '../payments/audit.ts'

export interface LiveZone {
  available: number
  held: number
  sold: number
  capacity: number
}

export interface StoredZone {
  eventId: string
  eventName: string
  /** Whether the event is on sale by its status; it may not have opened yet. */
  onSale: boolean
  zoneId: string
  zoneName: string
  capacity: number
  /** The counter that the CHECK guards. */
  sold: number
  confirmed: number
  reserved: number
}

export interface AuditedZone {
  stored: StoredZone
  /** null: the zone is not loaded. */
  live: LiveZone | null
}

export interface OverLimit {
  eventId: string
  userId: string
  seats: number
  maxTicketsPerUser: number
}

export interface SeatCounts {
  /** Live stock by zone, and the seats of every hold; not one moment's picture while seats are being sold. */
  zones(eventIds: string[], signal?: AbortSignal): Promise<Map<string, LiveZone>>
  overLimit(
    limits: { eventId: string; maxTicketsPerUser: number }[],
    signal?: AbortSignal,
  ): Promise<OverLimit[]>
}

export interface BookingCounts {
  zones(): Promise<StoredZone[]>
  limits(): Promise<{ eventId: string; maxTicketsPerUser: number }[]>
  overLimit(): Promise<OverLimit[]>
  /** Entries of the write-ahead stream that were put aside. */
  rejectedEntries(): Promise<number>
}

export type Finding =
  | { kind: 'not_loaded'; zoneId: string }
  | { kind: 'live_sum'; zoneId: string; drift: number }
  | { kind: 'negative'; zoneId: string; available: number }
  | { kind: 'stored_sum'; zoneId: string; drift: number }
  | { kind: 'stores_differ'; zoneId: string; drift: number }
  | { kind: 'capacities_differ'; zoneId: string; drift: number }
  | { kind: 'over_limit'; store: 'redis' | 'postgres'; detail: OverLimit }
  | { kind: 'rejected_entries'; entries: number }
  | PaymentFinding

export interface AuditReport {
  zones: AuditedZone[]
  findings: Finding[]
}

export type Audit = (options: { withLimits: boolean; signal?: AbortSignal }) => Promise<AuditReport>

/**
 * Takes one look at everything. Seats move while it looks, so a finding counts only when it is found again, the same, in
 * `repeatedFindings`. `withLimits` also reads every buyer's seats, which takes a while on a large sale. It can be
 * called off by `signal`.
 */
export function makeAudit(deps: { live: SeatCounts; stored: BookingCounts }): Audit {
  const { live, stored } = deps
  return async ({ withLimits, signal }) => {
    const storedZones = await stored.zones()
    const liveZones = await live.zones([...new Set(storedZones.map(({ eventId }) => eventId))], signal)
    const zones = storedZones.map((zone) => ({
      stored: zone,
      live: liveZones.get(zone.zoneId) ?? null,
    }))
    const findings = zones.flatMap(findingsOf)
    const entries = await stored.rejectedEntries()
    if (entries > 0) findings.push({ kind: 'rejected_entries', entries })
    if (withLimits) {
      for (const detail of await live.overLimit(await stored.limits(), signal)) {
        findings.push({ kind: 'over_limit', store: 'redis', detail })
      }
      for (const detail of await stored.overLimit())
        findings.push({ kind: 'over_limit', store: 'postgres', detail })
    }
    return { zones, findings }
  }
}

function findingsOf({ stored, live }: AuditedZone): Finding[] {
  const { zoneId } = stored
  const found: Finding[] = []
  if (stored.sold !== stored.confirmed) {
    found.push({
      kind: 'stored_sum',
      zoneId,
      drift: stored.sold - stored.confirmed,
    })
  }
  if (!live) return [...found, { kind: 'not_loaded', zoneId }]
  const sum = live.available + live.held + live.sold
  if (sum !== live.capacity) found.push({ kind: 'live_sum', zoneId, drift: sum - live.capacity })
  if (live.available < 0) found.push({ kind: 'negative', zoneId, available: live.available })
  if (live.capacity !== stored.capacity) {
    found.push({
      kind: 'capacities_differ',
      zoneId,
      drift: live.capacity - stored.capacity,
    })
  }
  const taken = {
    live: live.held + live.sold,
    stored: stored.reserved + stored.sold,
  }
  if (taken.live !== taken.stored) {
    found.push({
      kind: 'stores_differ',
      zoneId,
      drift: taken.live - taken.stored,
    })
  }
  return found
}

/** Findings that stood, the same, in each of the reports. */
export function repeatedFindings(reports: readonly AuditReport[]): Finding[] {
  const [first, ...rest] = reports
  if (!first) return []
  const others = rest.map(({ findings }) => new Set(findings.map((finding) => JSON.stringify(finding))))
  return first.findings.filter((finding) => others.every((set) => set.has(JSON.stringify(finding))))
}
