import type { Capture } from '../../captures/capture.ts'
import { choice, parseParams } from '../../captures/params.ts'
import { captures } from '../../captures/registry.ts'
import { paramsOf } from '../capture-route.ts'
import type { Route } from '../route.ts'

/** What can be captured, with bounds and cost in words: for people, or for programs with ?format=json. */
export const index: Route = {
  path: '/debug/pprof/',
  methods: { GET: 'metrics' },
  answer({ query }) {
    const { format } = parseParams({ format: choice(['html', 'json'], 'html', 'The form') }, query)
    if (format === 'html') return { contentType: 'text/html; charset=utf-8', body: page() }
    return {
      contentType: 'application/json',
      body: `${JSON.stringify({ captures: captures.map(described) })}\n`,
    }
  },
}

function described(capture: Capture) {
  const { name, route, method, scope, where, shows, cost } = capture
  return { name, route, method, scope, where, shows, cost, params: paramsOf(capture) }
}

function page(): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>/debug/pprof/</title>
<h1>/debug/pprof/</h1>
<p>go tool pprof http://HOST/debug/pprof/profile?seconds=30</p>
<dl>
${captures.map(entry).join('\n')}
</dl>
<p><a href="/metrics">metrics</a>, <a href="/health">health</a>, <a href="/debug/vars">vars</a>,
<a href="/debug/loglevel">log level</a>, <a href="/debug/rules">rules</a>, <a href="/debug/artifacts">artifacts</a>, <a href="/debug/pprof/cmdline">command line</a></p>
</html>
`
}

function entry(capture: Capture): string {
  const { name, route, method, scope, shows, cost } = capture
  const params = Object.entries(paramsOf(capture)).map(([param, spec]) => {
    const bounds = spec.kind === 'choice' ? spec.of.join(', ') : `${spec.min} to ${spec.max}`
    const byDefault = spec.default === undefined ? '' : `, ${spec.default} by default`
    return `<li><code>${param}</code>: ${spec.meaning} (${bounds}${byDefault})</li>`
  })
  const title = method === 'GET' ? `<a href="${route}">${name}</a>` : name
  return `<dt>${title} <code>${method} ${route}</code>, scope ${scope}</dt>
<dd>${shows} <em>${cost}</em>${params.length > 0 ? `<ul>${params.join('')}</ul>` : ''}</dd>`
}
