import type { Route } from '../route.ts'

/** Profiles carry their symbols: there is nothing to look up, and go tool pprof is told so. */
export const symbol: Route = {
  path: '/debug/pprof/symbol',
  methods: { GET: 'profile', POST: 'profile' },
  answer: () => ({ contentType: 'text/plain; charset=utf-8', body: 'num_symbols: 0\n' }),
}
