import {
  DashboardLinkBuilder,
  DashboardLinkType,
  type DynamicConfigValue,
} from '@grafana/grafana-foundation-sdk/dashboard'

/** The tag by which the dashboards find each other. */
export const TAG = 'floodgate'

/** A page of the diagnostics port, whose address is the variable `diagnostics`. */
export function diagnosticsLink(title: string, path: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder(title)
    .type(DashboardLinkType.Link)
    .icon('bolt')
    .tooltip(`$diagnostics${path}`)
    .url(`$diagnostics${path}`)
    .targetBlank(true)
}

/** What stands at the top of every dashboard: the others, and the live page of the process itself. */
export function topLinks(): DashboardLinkBuilder[] {
  return [
    new DashboardLinkBuilder('Dashboards')
      .type(DashboardLinkType.Dashboards)
      .tags([TAG])
      .asDropdown(true)
      .includeVars(true)
      .keepTime(true),
    diagnosticsLink('Live page', '/ui'),
    diagnosticsLink('CPU, 10 s', '/debug/pprof/profile?seconds=10&format=html'),
    diagnosticsLink('Flight record', '/debug/flight?seconds=120'),
  ]
}

/** From a point of a graph to the traces of its time that took at least so long. */
export function slowTracesLink(slowerThan: string): DashboardLinkBuilder {
  const query = `{ resource.service.name = "floodgate" && kind = server && duration > ${slowerThan} }`
  return new DashboardLinkBuilder(`Traces over ${slowerThan} around here`)
    .url(exploreUrl(query))
    .targetBlank(true)
}

/** From an exemplar, which carries a trace_id, to its trace. */
export function exemplarLink(): DynamicConfigValue {
  return {
    id: 'links',
    value: [{ title: 'Trace', url: exploreUrl(filledIn('__value.raw')), targetBlank: true }],
  }
}

/** Grafana's Explore with a TraceQL query, or a trace's id, in the chosen Tempo and the shown time. */
function exploreUrl(query: string): string {
  const panes = {
    traces: {
      datasource: filledIn('tempo'),
      queries: [{ refId: 'A', queryType: 'traceql', query, limit: 20 }],
      range: { from: filledIn('__from'), to: filledIn('__to') },
    },
  }
  const encoded = encodeURIComponent(JSON.stringify(panes))
  // Grafana fills its variables in before it goes there, so they stay as they are.
  const url = encoded.replaceAll(/%24%7B([\w.]+)%7D/g, (_, variable: string) => filledIn(variable))
  return `/explore?schemaVersion=1&orgId=1&panes=${url}`
}

function filledIn(variable: string): string {
  return `\${${variable}}`
}
