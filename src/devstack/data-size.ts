import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What a folder takes on the disk, in bytes; files that vanish meanwhile count as nothing. */
export function diskBytes(dir: string): number {
  let bytes = 0
  try {
    for (const entry of readdirSync(dir, {
      recursive: true,
      withFileTypes: true,
    })) {
      if (!entry.isFile()) continue
      // In blocks, not in length: Kafka's indexes are mostly holes.
      bytes += (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.blocks ?? 0) * 512
    }
  } catch {
    // A folder vanished, or there is none yet.
  }
  return bytes
}
