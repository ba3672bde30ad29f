import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CatalogueEvent } from '../../src/catalogue/model.ts'
import { tokenOf, writeLines } from '../bench/sale.ts'
import type { Stage } from '../bench/stage.ts'

export interface K6Data {
  zoneIds: string[]
  /** As loadtest/k6/README.md names them. */
  files: { TOKENS: string; SALE: string }
}

/** Writes what a scenario of k6 reads: what is sold, and a token for each person. @param firstPerson its number: loads that must not meet have others */
export function writeK6Data(
  stage: Stage,
  dir: string,
  { event, people, firstPerson = 0 }: { event: CatalogueEvent; people: number; firstPerson?: number },
): K6Data {
  mkdirSync(dir, { recursive: true })
  const zoneIds = event.shows.flatMap((show) => show.zones.map(({ id }) => id))
  const files = { TOKENS: join(dir, 'tokens.txt'), SALE: join(dir, 'sale.json') }
  writeLines(
    files.TOKENS,
    Array.from({ length: people }, (_, index) => tokenOf(stage, firstPerson + index)),
  )
  writeFileSync(files.SALE, JSON.stringify({ eventId: event.id, zoneIds }))
  return { zoneIds, files }
}
