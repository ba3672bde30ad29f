/**
 * In which way each command of the documentation is run. The first entry that fits counts; a command without one fails
 * commands.test.ts, and so does an entry that fits none. What cannot be run here stands at the end, with the reason.
 */

import { parseOptions } from '../../loadtest/bench/options.ts'
import { parseDrill } from '../../loadtest/drills/command.ts'
import { parseProfile } from '../../loadtest/profile/options.ts'
import { parseLoadtest } from '../../loadtest/run/options.ts'
import { parseSoak } from '../../loadtest/soak/options.ts'

export type Way =
  /** Run as it stands by test/docs/whole/commands.test.ts, against a service of the test's own. */
  | { kind: 'run'; prints?: RegExp }
  /** Too long for a test. Its options are read by the command's own parser; `by` says who runs it. */
  | { kind: 'parsed'; parse: (args: string[]) => unknown; by: string }
  /** This file, a test nearly always, runs it or what it stands for. */
  | { kind: 'test'; file: string }
  /** A step of .ci/run. */
  | { kind: 'ci'; step: string }
  | { kind: 'not here'; why: string }

export interface Entry {
  of: RegExp
  way: Way
}

const run = (of: RegExp, prints?: RegExp): Entry => ({ of, way: { kind: 'run', ...(prints && { prints }) } })
const test = (of: RegExp, file: string): Entry => ({ of, way: { kind: 'test', file: `test/${file}` } })
const ci = (of: RegExp, step: string): Entry => ({ of, way: { kind: 'ci', step } })
const parsed = (of: RegExp, parse: (args: string[]) => unknown, by: string): Entry => ({
  of,
  way: { kind: 'parsed', parse, by },
})
const notHere = (of: RegExp, why: string): Entry => ({ of, way: { kind: 'not here', why } })

const noEngine = 'needs a container engine; docker-compose.yml and the Dockerfile are tested in test/deploy'
const noCluster = 'needs a cluster; the manifests are tested in test/deploy/kubernetes.test.ts'

export const ways: readonly Entry[] = [
  // Whole runs that CI begins with, or that are CI's own.
  ci(/^npm test$/, 'npm test'),
  ci(/^(FLOODGATE_SEED=\d+ )?npm run test:\w+$/, 'npm run test:'),
  ci(/^npm run dashboards -- check$/, 'npm run dashboards -- check'),
  ci(/^npm run gate( -- --profile ci)?$/, 'npm run gate -- --profile ci'),
  test(/^npm test -- test\/\S+\.test\.ts$/, 'docs/commands.test.ts'),

  // The commands of the service.
  test(/^(WEB_CONCURRENCY=4 )?npm start( -- (api|worker|all))?$|^kill -HUP$/, 'supervisor/service.test.ts'),
  test(/^npm run stack -- (up|down|status|reset)$/, 'devstack/stack.test.ts'),
  // replay alone is refused: everything is sent back only where --all says so.
  test(/^npm run dlq( -- (list|replay( --topic [\w-]+)? (--event-id E|--all)))?$/, 'kafka/dlq.test.ts'),
  run(/^npm run (-s )?token -- --user \w+ --role (customer|organizer|admin)$/, /^eyJ/m),
  run(/^npm run (-s )?audit( -- --kafka)?$/, /every zone adds up in both stores/),
  run(/^npm run migrate$/),
  run(/^npm run (-s )?seed -- /),
  test(/^npm run (licences|-s sbom( > sbom\.json)?)$/, 'security/packages.test.ts'),
  run(/^npm run -s settings$/, /REDIS_URL/),
  run(/^npm run -s metrics$/, /http_server_request_duration_seconds/),
  test(/^npm (run build|ci)( --omit=dev)? --ignore-scripts$/, 'docs/whole/plain-machine.test.ts'),
  test(
    /^node --env-file=\/etc\/floodgate\.env .*dist\/main\.js (start \w+|audit|token .*)$/,
    'docs/whole/plain-machine.test.ts',
  ),
  test(/^npm run build$/, 'deploy/whole/image.test.ts'),
  test(/^npm run dashboards -- generate$/, 'dashboards/dashboards.test.ts'),
  test(/^npm run property$/, 'property/interleavings.test.ts'),

  test(/^npm run screenshots$/, 'page/screenshots.ts'),
  run(/^promtool check config /, /SUCCESS/),

  // Load: minutes each. Names and options have to be what the commands take.
  parsed(
    /^npm run bench( -- .*)?$/,
    parseOptions,
    'by hand, into docs/benchmarks; its parts by test/loadtest',
  ),
  parsed(
    /^npm run soak( -- .*)?$/,
    parseSoak,
    'by hand, into docs/benchmarks; briefly by test/loadtest/whole',
  ),
  {
    of: /^node loadtest\/bench\/diagnostics-stacks\.ts$/,
    way: { kind: 'test', file: 'loadtest/bench/diagnostics.ts' },
  },
  parsed(/^npm run drill( -- .*)?$/, parseDrill, 'by hand, into docs/drills.md'),
  parsed(/^npm run loadtest -- (?!SCENARIO).*$/, parseLoadtest, 'by test/loadtest/k6.test.ts and the gate'),
  parsed(
    /^npm run profile -- (?!bubbleprof).*$/,
    (args) => parseProfile(args) !== null && typeof parseProfile(args) === 'object',
    'by test/loadtest/whole/profile.test.ts',
  ),
  test(/^npm run profile -- bubbleprof$/, 'loadtest/profile-options.test.ts'),
  test(/^npm run loadtest( -- SCENARIO)?$/, 'loadtest/k6.test.ts'),
  test(/^[A-Z_0-9]+=.* k6 run /, 'loadtest/k6.test.ts'),

  // Whoever looks at a running service.
  // What a rule kept is there once it has fired.
  test(
    /^curl .*\/debug\/artifacts( \| grep name$|\/flight-)|^tar -xzf flight-slow-route/,
    'diagnostics/rules.test.ts',
  ),
  test(
    /^go tool pprof( -base| …\/profile\?seconds=30| http:\/\/x:TOKEN@host\/…)?$/,
    'diagnostics/security.test.ts',
  ),
  test(/^go tool pprof .* windows\/0-2/, 'diagnostics/flight.test.ts'),
  test(/^curl --compressed$|^curl -X POST -OJ .*heapsnapshot/, 'diagnostics/heapsnapshot.test.ts'),
  test(/ --import floodgate\/diagnostics\/register app\.js$/, 'diagnostics/mounting.test.ts'),
  run(/^go tool pprof -/),
  run(/^go tool pprof http/),
  run(/^curl .*(\$D|localhost:\d+|127\.0\.0\.1:9083)\/(debug|health|metrics)/),
  run(/^curl .*127\.0\.0\.1:8083\//),
  run(/^curl .*\$OTEL_EXPORTER_OTLP_ENDPOINT\//),
  run(/^D=/),
  run(/^tar -xzf flight\.tar\.gz$/),
  run(/^redis-cli INFO persistence /, /aof_enabled:1/),
  // The tour of docs/api.md.
  run(/^call \$API\/bookings\/\$BOOKING\/confirm /, /"status":"confirmed".*"confirmation_code"/),
  run(/^call -i .*Idempotency-Key/, /^Idempotent-Replayed: true/im),
  run(/^call \$API\/queue\/join /, /"state":"(waiting|ready)"/),
  run(/^curl -s -N .*\/stream /, /^event: (position|ready)$/m),
  run(/^(call|curl) .*\$API\//),
  run(/^(API|TOKEN|ADMIN|EVENT|ZONE|QUEUED|BOOKING|PAYMENT)=|^(field|call)\(\) \{/),
  // The story of docs/operations/backup-and-restore.md.
  run(/^pg_dump /),
  run(/^pg_restore --list /, /TABLE DATA public bookings/),
  run(/^pg_restore --clean /),
  run(/^redis-cli CONFIG GET maxmemory-policy$/, /noeviction/),
  run(/^redis-cli (FLUSHALL|SCRIPT FLUSH)$/, /OK/),
  // The story of docs/tutorial-slow-function.md.
  test(/^MISTAKE=\S+ .*npm start$/, 'docs/whole/tutorial.test.ts'),
  run(/^(BODY=|seq \d+ \| xargs )/),
  run(/^openssl rand -hex 32$/, /^[0-9a-f]{64}$/m),

  // What cannot be run here.
  notHere(/^npm sbom --omit=dev$/, 'shown for what it leaves out; npm run -s sbom is what is used'),
  notHere(/^npm audit --omit=dev$/, 'asks a registry for advisories'),
  notHere(/^npm run gate -- --profile full$/, 'ten thousand a second and every scenario: longer than CI has'),
  notHere(/^docker(-compose)? /, noEngine),
  notHere(/^for .* docker compose exec .* token --user k6/, noEngine),
  notHere(/^(cp docs\/deploy\/compose\.env\.example \.env|mkdir -p \.data\/k6)$/, noEngine),
  notHere(/^kubectl /, noCluster),
  notHere(/^systemctl /, 'needs systemd and root; plain-machine.test.ts starts both roles the same way'),
  notHere(/^curl -s http:\/\/127\.0\.0\.1:9090\//, 'asks the Prometheus of the containers'),
]

/** Pages whose commands belong together, and to a story: a test of their own runs them. */
export const pagesOfOwnTests: Readonly<Record<string, string>> = {
  'docs/operations/backup-and-restore.md': 'test/docs/whole/backup.test.ts',
  'docs/tutorial-slow-function.md': 'test/docs/whole/tutorial.test.ts',
}

/** @returns undefined for a command that nobody has thought of */
export function entryOf(text: string): Entry | undefined {
  return ways.find(({ of }) => of.test(text))
}

/** What the shell would give the command behind `--`. */
export function argumentsOf(text: string): string[] {
  const [, rest] = text.split(/ -- /)
  return rest === undefined ? [] : rest.split(' ').filter(Boolean)
}
