import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const rulesDir = resolve(import.meta.dirname, '../prometheus/rules')

/** The configuration of the check: everything every second, and the rules as they are. The targets are told later. */
export function checkConfig(dir: string): string {
  return `global:
  scrape_interval: 1s
  scrape_timeout: 1s
  evaluation_interval: 1s
rule_files: ['${rulesDir}/*.yml']
scrape_configs:
  - job_name: floodgate
    file_sd_configs: [{ files: ['${targetsPath(dir)}'] }]
`
}

/** Tells a running Prometheus whom to scrape: it watches that file. */
export function writeTargets(dir: string, diagnosticsUrls: readonly string[]): void {
  const targets = diagnosticsUrls.map((url) => new URL(url).host)
  writeFileSync(targetsPath(dir), JSON.stringify([{ targets }]))
}

function targetsPath(dir: string): string {
  return join(dir, 'targets.json')
}
