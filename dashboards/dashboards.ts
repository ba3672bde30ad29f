/**
 * `npm run dashboards -- generate` writes dashboards/grafana/ from dashboards/src/.
 * `npm run dashboards -- check [--yes] [--without-k6]` asks every expression of a real Prometheus.
 */
import { parseArgs } from 'node:util'
import { stopOnSignals } from '../loadtest/stop-on-signals.ts'
import { check } from './check/command.ts'
import { generate } from './src/generate.ts'

const usage = `usage: npm run dashboards -- generate | check [--yes] [--without-k6]
  generate    write dashboards/grafana/*.json from dashboards/src
  check       run the service, a Prometheus and k6, and ask every expression of every panel and rule`

process.exitCode = await main(process.argv.slice(2))

/** @returns 0, 1 when something failed, 2 for what cannot be understood */
async function main(args: string[]): Promise<number> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  const print = (line: string): void => void process.stdout.write(`${line}\n`)
  const asked = parse(args)
  if (asked === null) {
    say(usage)
    return 2
  }
  const { verb, yes, withoutK6 } = asked
  if (verb === 'generate') {
    print(`dashboards/grafana: ${generate().join(', ')}`)
    return 0
  }
  const signal = stopOnSignals(say)
  try {
    const options = { assumeYes: yes || process.env['CI'] === 'true', withK6: !withoutK6, env: process.env }
    return (await check({ ...options, signal, print, say })) ? 0 : 1
  } catch (error) {
    if (signal.aborted) return 130
    say(error instanceof Error ? error.message : String(error))
    return 1
  }
}

function parse(args: string[]): { verb: 'generate' | 'check'; yes: boolean; withoutK6: boolean } | null {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        yes: { type: 'boolean', default: false },
        'without-k6': { type: 'boolean', default: false },
      },
    })
    const [verb, ...rest] = positionals
    if ((verb !== 'generate' && verb !== 'check') || rest.length > 0) return null
    return { verb, yes: values.yes, withoutK6: values['without-k6'] }
  } catch {
    return null
  }
}
