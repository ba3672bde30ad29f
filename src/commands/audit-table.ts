import type { AuditReport } from '../booking/audit.ts'

const COLUMNS = [
  'zone',
  'capacity',
  'available',
  'held',
  'sold',
  '',
  'capacity',
  'available',
  'held',
  'sold',
  '',
] as const

/** The zones of a report as lines: Redis on the left, PostgreSQL on the right. */
export function auditTable({ zones }: AuditReport): string[] {
  const rows = zones.map(({ stored, live }) => {
    const left = live ? [live.capacity, live.available, live.held, live.sold] : ['-', '-', '-', '-']
    const available = stored.capacity - stored.sold - stored.reserved
    const sums = live ? live.available + live.held + live.sold === live.capacity : false
    const agree = live !== null && live.available === available
    return [
      `${stored.eventName} / ${stored.zoneName} ${stored.zoneId.slice(-6)}`,
      ...left,
      sums ? '=' : '≠',
      stored.capacity,
      available,
      stored.reserved,
      stored.sold,
      agree ? '=' : '≠',
    ].map(String)
  })
  const widths = COLUMNS.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')
  const redisAt = (widths[0] ?? 0) + 2
  const postgresAt = redisAt + widths.slice(1, 6).reduce((sum, width) => sum + width + 2, 0)
  return [
    `${' '.repeat(redisAt)}${'Redis'.padEnd(postgresAt - redisAt)}PostgreSQL`,
    line(COLUMNS),
    ...rows.map(line),
  ]
}
