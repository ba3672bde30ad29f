import { table } from './markdown.ts'
import type { StartupCase, StartupMeasured } from './startup.ts'
import type { Spread } from './statistics.ts'
import { moments } from './timed-start.ts'

const titles: Record<StartupCase['what'], string> = {
  everything: '`npm start`: stores and service',
  worker: 'a worker on stores that run',
  api: 'an API on stores that run',
}

export function renderStartup({ cases }: StartupMeasured): string {
  return `From the spawn of a process to the first seat that somebody holds (201), asked for every 10 ms by one person. *Cold*: no compiled
code of an earlier start and, with the stores, no data: databases are made, tables created, an on-sale seeded. *Warm*: what the start before
left is there. Kafka starts beside the service, which sells without it. The programs themselves are in the system's cache either way. Seconds since the spawn:

${table(
  ['what', '', 'Redis', 'PostgreSQL', 'Kafka', '/health answers', 'is ready', 'first 201'],
  cases.map(({ what, state, ms }) => [titles[what], state, ...moments.map((moment) => seconds(ms[moment]))]),
)}`
}

function seconds(ms: Spread | undefined): string {
  if (!ms) return '–'
  const [median, min, max] = [ms.median, ms.min, ms.max].map((value) => (value / 1000).toFixed(2))
  return `${median} (${min} … ${max})`
}
