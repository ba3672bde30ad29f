/** docs/benchmarks.md, made from docs/benchmarks/*.json alone: the same results give the same page. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { facts } from './markdown.ts'
import { type ResultName, resultNames } from './options.ts'
import { renderDiagnostics } from './report-diagnostics.ts'
import { renderCapacity, renderCeiling } from './report-load.ts'
import { renderOverhead } from './report-overhead.ts'
import { renderCrowd, renderQueue, renderStreams } from './report-queue.ts'
import { renderRefused } from './report-refused.ts'
import { renderSoak } from './report-soak.ts'
import { renderStartup } from './report-startup.ts'
import { renderPersist, renderPools } from './report-tables.ts'
import { type BenchResult, resultsDir } from './result.ts'

const introduction = `# Benchmarks

Generated from \`docs/benchmarks/*.json\` by \`npm run bench\`; do not edit.

\`npm run bench\` starts stores of its own (Redis, PostgreSQL, Kafka), the API and the worker as processes, and \`wrk\` against
them, all on one machine: the generator and the stores take their CPU from the same cores as the service. An absolute number here
belongs to the machine it was measured on. What carries over is the **ratio** to the ceiling of the same minutes, and how
the **CPU per request** is shared out. A machine that others use too makes both worse: every section says how busy it was before.

A value stands as the median of the rounds with the lowest and the highest in brackets. Where the brackets of two variants overlap, they
were not told apart. The loop is closed (a connection sends its next request when it has its answer), so latencies say how long the
queue of that many connections is; they are no promise of what a person sees at a given rate. For that there are the load tests.

After every bench the audit looked at every zone, and where Kafka took part compared the set of bookings in PostgreSQL with that in Kafka; a
bench with a finding has no result.
`

export function renderReport(results: readonly BenchResult[]): string {
  const sections = resultNames.flatMap((name) =>
    results.filter(({ bench }) => bench === name).map(renderSection),
  )
  return `${[introduction, ...sections].join('\n')}`
}

export function renderSection(result: BenchResult): string {
  const { machine, versions, audit } = result
  const load =
    machine.loadBefore > 0.5
      ? `; load average ${machine.loadBefore} before it began: not a quiet machine`
      : ''
  const namedVersions = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const audited =
    audit.bookingsInKafka === null
      ? 'green'
      : `green, ${audit.bookingsInKafka} bookings in PostgreSQL and in Kafka`
  return `## ${result.bench}

${body(result)}
${facts([
  ['repeat with', `\`${result.command}\` (${result.rounds} rounds of ${result.seconds} s)`],
  ['when, revision', `${result.date}, ${result.revision}`],
  ['machine', `${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, Linux ${machine.kernel}${load}`],
  ['versions', namedVersions.join(', ')],
  ['audit', audited],
])}`
}

function body(result: BenchResult): string {
  switch (result.bench) {
    case 'ceiling':
      return renderCeiling((result as BenchResult<'ceiling'>).measured)
    case 'capacity':
      return renderCapacity((result as BenchResult<'capacity'>).measured)
    case 'persist':
      return renderPersist((result as BenchResult<'persist'>).measured)
    case 'pools':
      return renderPools((result as BenchResult<'pools'>).measured)
    case 'refused':
      return renderRefused((result as BenchResult<'refused'>).measured)
    case 'queue':
      return renderQueue((result as BenchResult<'queue'>).measured)
    case 'streams':
      return renderStreams((result as BenchResult<'streams'>).measured)
    case 'crowd':
      return renderCrowd((result as BenchResult<'crowd'>).measured)
    case 'startup':
      return renderStartup((result as BenchResult<'startup'>).measured)
    case 'overhead':
      return renderOverhead((result as BenchResult<'overhead'>).measured)
    case 'diagnostics':
      return renderDiagnostics((result as BenchResult<'diagnostics'>).measured)
    case 'soak':
      return renderSoak((result as BenchResult<'soak'>).measured)
    default:
      return result.bench satisfies never
  }
}

/** The last result of each bench that has one. */
export function readResults(dir = resultsDir): BenchResult[] {
  return resultNames.flatMap((name: ResultName) => {
    try {
      return [JSON.parse(readFileSync(join(dir, `${name}.json`), 'utf8')) as BenchResult]
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  })
}
