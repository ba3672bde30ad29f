import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { limits } from '../../limits.ts'
import { CLASSIC_TYPE, renderClassic } from '../../metrics/classic.ts'
import type { MetricFamily } from '../../metrics/family.ts'
import { mergeSnapshots } from '../../metrics/merge.ts'
import { prefersOpenMetrics } from '../../metrics/negotiate.ts'
import { OPENMETRICS_TYPE, renderOpenMetrics } from '../../metrics/openmetrics.ts'
import { acceptsGzip } from '../accepts-gzip.ts'
import type { Route } from '../route.ts'
import type { makeSnapshots } from '../snapshots.ts'

/** All processes' metrics, merged; the last ones, with their age, of a process whose main thread is blocked. */
export function metricsRoute(snapshots: ReturnType<typeof makeSnapshots>): Route {
  return {
    path: '/metrics',
    methods: { GET: 'metrics' },
    async answer({ headers, server }) {
      const scrape = await snapshots.scrape()
      const own = [...server.series.families(), ageFamily(scrape.ageSeconds)]
      const families = [...mergeSnapshots(scrape.snapshots), ...own]
      const open = prefersOpenMetrics(String(headers.accept ?? ''))
      const page = open ? renderOpenMetrics(families) : renderClassic(families)
      const compress = page.length >= limits.gzipFromBytes && acceptsGzip(headers)
      return {
        contentType: open ? OPENMETRICS_TYPE : CLASSIC_TYPE,
        body: compress ? await promisify(gzip)(page) : page,
        headers: {
          'x-snapshot-age-seconds': scrape.ageSeconds.toFixed(3),
          vary: 'accept, accept-encoding',
          ...(compress ? { 'content-encoding': 'gzip' } : {}),
          ...(scrape.missing.length > 0
            ? { 'x-diagnostics-partial': scrape.missing.map((worker) => `worker ${worker}`).join(', ') }
            : {}),
        },
      }
    },
  }
}

function ageFamily(value: number): MetricFamily {
  return {
    name: 'diagnostics_snapshot_age_seconds',
    help: 'Age of the oldest part of this page; 0 while every process answers',
    type: 'gauge',
    merge: 'max',
    samples: [{ suffix: '', labels: {}, value }],
  }
}
