import type { Route } from '../route.ts'

export const root: Route = {
  path: '/',
  methods: { GET: 'metrics' },
  answer: () => ({
    status: 302,
    contentType: 'text/plain; charset=utf-8',
    body: '/debug/pprof/\n',
    headers: { location: '/debug/pprof/' },
  }),
}
