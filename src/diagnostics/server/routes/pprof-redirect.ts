import type { Route } from '../route.ts'

/** Without its slash, as Go's own server answers it. */
export const pprofRedirect: Route = {
  path: '/debug/pprof',
  methods: { GET: 'metrics' },
  answer: ({ query }) => ({
    status: 301,
    contentType: 'text/plain; charset=utf-8',
    body: 'see /debug/pprof/\n',
    headers: { location: `/debug/pprof/${query.size > 0 ? `?${query}` : ''}` },
  }),
}
