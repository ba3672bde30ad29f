/** Whether a sale ends after it begins; the database checks the same. */
export function saleTimesFit(opensAtMs: number, closesAtMs: number | null): boolean {
  return closesAtMs === null || closesAtMs > opensAtMs
}
