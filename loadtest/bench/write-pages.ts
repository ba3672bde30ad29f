import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderCapacityPage } from './capacity-page.ts'
import { readResults, renderReport } from './report.ts'
import { docsDir } from './result.ts'

/** docs/benchmarks.md and docs/capacity.md, from all results that there are. */
export function writePages(): void {
  const results = readResults()
  writeFileSync(join(docsDir, 'benchmarks.md'), renderReport(results))
  const capacityPage = renderCapacityPage(results)
  if (capacityPage !== null) writeFileSync(join(docsDir, 'capacity.md'), capacityPage)
}
