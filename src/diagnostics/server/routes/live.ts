import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { Refusal } from '../../refusal.ts'
import { acceptsGzip } from '../accepts-gzip.ts'
import { type Collector, makeCollector } from '../live/collector.ts'
import type { Route } from '../route.ts'

/** The numbers of the live page: what is now, and the points after ?since= (milliseconds since 1970). */
export function liveRoute(): Route {
  let collector: Collector | null = null
  return {
    path: '/debug/live',
    methods: { GET: 'metrics' },
    async answer({ query, headers, server }) {
      const since = query.get('since') ?? '0'
      if (!/^\d{1,16}$/.test(since))
        throw new Refusal({ status: 400, code: 'bad_parameter', message: 'since must be a whole number' })
      collector ??= makeCollector(server)
      const body = JSON.stringify(await collector.read(Number(since)))
      const zip = acceptsGzip(headers)
      return {
        contentType: 'application/json',
        body: zip ? await promisify(gzip)(body, { level: 1 }) : body,
        headers: { vary: 'accept-encoding', ...(zip ? { 'content-encoding': 'gzip' } : {}) },
      }
    },
  }
}
