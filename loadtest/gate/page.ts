/** The gate's report as one page that needs nothing else: a table of the runs, and of each what the service said second by second. */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import type { ScenarioResult } from '../run/run-scenario.ts'
import type { GateReport } from './run-gate.ts'

const require = createRequire(import.meta.url)
const asset = (name: string) => readFileSync(require.resolve(`uplot/dist/${name}`), 'utf8')

export function renderPage(report: GateReport, dir: string): string {
  const { profile, date, machine, versions, revision, knee, runs, baseline, problems } = report
  const passed = problems.length === 0
  const series = runs.map((run) => run.series)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gate ${safe(profile)}: ${passed ? 'passed' : 'failed'}</title>
<style>${asset('uPlot.min.css')}</style>
<style>${readFileSync(join(import.meta.dirname, 'page.css'), 'utf8')}</style>
</head>
<body>
<header class="${passed ? 'passed' : 'failed'}">
<h1>Gate <b>${safe(profile)}</b> ${passed ? 'passed' : 'failed'}</h1>
<p>${safe(date)} · revision ${safe(revision)} · ${machine.cores} × ${safe(machine.cpu)}, ${machine.memoryGb} GB, Linux ${safe(machine.kernel)},
load ${machine.loadBefore} before · ${safe(
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  )}</p>
<p>${knee === null ? 'no knee was looked for or found' : `knee ${knee.toFixed(0)} reservations/s`} · ${safe(baseline.said)}${ratiosOf(baseline.ratios)}</p>
</header>
${passed ? '' : `<section class="problems"><h2>Why</h2><ul>${problems.map((one) => `<li>${safe(one)}</li>`).join('')}</ul></section>`}
<section><table>
<thead><tr><th>run<th>offered/s<th>achieved/s<th>dropped<th>p50 ms<th>p95 ms<th>p99 ms<th>max ms<th>behind s<th>empty after s<th>API µs<th>all µs<th>verdict</thead>
<tbody>${runs.map(rowOf).join('')}</tbody>
</table></section>
${runs.map((run, index) => sectionOf(run, index, dir)).join('\n')}
<script>${asset('uPlot.iife.min.js')}</script>
<script type="application/json" id="series">${JSON.stringify(series).replaceAll('<', '\\u003c')}</script>
<script>${readFileSync(join(import.meta.dirname, 'page-plots.js'), 'utf8')}</script>
</body>
</html>
`
}

function rowOf(run: ScenarioResult): string {
  const { latencyMs, cpuMicros } = run
  const all = Object.values(cpuMicros).reduce((sum, micros) => sum + micros, 0)
  const cells = [
    run.offered ?? '–',
    run.achieved.toFixed(0),
    run.dropped,
    ...['med', 'p(95)', 'p(99)', 'max'].map((name) => latencyMs[name]?.toFixed(1) ?? '–'),
    run.peakWalLagSeconds.toFixed(2),
    run.drainedAfterSeconds?.toFixed(1) ?? 'not',
    cpuMicros['api']?.toFixed(0) ?? '–',
    all.toFixed(0),
  ]
  const passed = run.problems.length === 0
  return `<tr><th>${safe(run.scenario)}${cells.map((cell) => `<td>${cell}`).join('')}<td class="${passed ? 'passed' : 'failed'}">${passed ? 'passed' : 'failed'}</tr>`
}

function sectionOf(run: ScenarioResult, index: number, dir: string): string {
  const { problems, evidence, answers, stored, acknowledged, audit } = run
  const file = (name: string, text: string) =>
    existsSync(join(dir, run.folder, name)) ? ` · <a href="${safe(run.folder)}/${name}">${text}</a>` : ''
  const link = (path: string, text: string) => `<a href="${safe(relative(dir, path))}">${text}</a>`
  const kept = evidence
    ? `<p class="evidence">Evidence: ${link(evidence.flight, 'flight record')}${evidence.profile ? `, ${link(evidence.profile, 'CPU profile of the worst window')}` : ''} (${safe(evidence.worst)})</p>`
    : ''
  return `<section><h2>${safe(run.scenario)}</h2>
${problems.length > 0 ? `<ul class="problems">${problems.map((one) => `<li>${safe(one)}</li>`).join('')}</ul>` : ''}${kept}
<p>${safe(
    Object.entries(answers)
      .map(([name, count]) => `${name}: ${count}`)
      .join(' · '),
  )}<br>
${acknowledged.reserved} reservations acknowledged, ${acknowledged.unanswered.reserve} unanswered, ${stored.bookings} stored · audit ${safe(audit)}<br>
CPU a request: ${safe(
    Object.entries(run.cpuMicros)
      .map(([name, micros]) => `${name} ${micros.toFixed(0)} µs`)
      .join(', '),
  )}${file('k6.html', 'k6’s own report')}${file('result.json', 'numbers')}</p>
<div class="plots" data-run="${index}"></div></section>`
}

function ratiosOf(ratios: Record<string, number>): string {
  const parts = Object.entries(ratios).map(([name, ratio]) => `${name} ${ratio.toFixed(2)}`)
  return parts.length > 0 ? `: ${safe(parts.join(', '))} of it` : ''
}

function safe(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? character)
}
