/** The packages that production runs on, as npm tells them from the lockfile: a CycloneDX document, and what is asked of them. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const MAX_BYTES = 64 * 1024 * 1024

export interface Component {
  'bom-ref': string
  name: string
  version: string
  licenses?: ({ license: { id?: string; name?: string } } | { expression: string })[]
  hashes?: { alg: string; content: string }[]
}

export interface Sbom {
  bomFormat: string
  specVersion: string
  metadata: { component: { name: string; version: string; type: string } }
  components: Component[]
  dependencies: { ref: string; dependsOn?: string[] }[]
}

/**
 * Asks npm, which needs no registry for it, for everything that the lockfile names, and keeps what production needs. `--omit=dev` would leave
 * out what development needs, too: 70 of 207 packages, with npm 11.19.
 */
export function makeSbom(): Sbom {
  const args = ['sbom', '--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application']
  const text = execFileSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: MAX_BYTES })
  const sbom = JSON.parse(text) as Sbom
  const { name, version } = read('package.json')
  // npm calls it by the name of the folder.
  sbom.metadata.component.name = name
  const kept = new Set([`${name}@${version}`, ...productionPackages()])
  sbom.components = sbom.components.filter((component) => kept.has(component['bom-ref']))
  sbom.dependencies = sbom.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((one) => kept.has(one)) }))
  return sbom
}

/** `name@version` of what the lockfile marks as needed by production. */
export function productionPackages(): string[] {
  return Object.entries(readLock().packages)
    .filter(([path, { dev }]) => path !== '' && !dev)
    .map(([path, { version }]) => `${nameOf(path)}@${version}`)
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
}

/**
 * Licences that ask for no more than their text to be kept. Whatever comes under another is looked at by somebody before it stands here.
 */
const ALLOWED = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
]

/** The licences that a package is under: SPDX names, or an expression of them. */
export function licencesOf({ licenses = [] }: Component): string[] {
  return licenses.map((one) =>
    'expression' in one ? one.expression : (one.license.id ?? one.license.name ?? ''),
  )
}

/** One line for each package that names no licence, or one that is not allowed. */
export function licenceProblems(components: readonly Component[]): string[] {
  return components.flatMap((component) => {
    const licences = licencesOf(component)
    const package_ = `${component.name}@${component.version}`
    if (licences.length === 0) return [`${package_} names no licence`]
    const unknown = licences.filter((licence) => !isAllowed(licence))
    return unknown.length > 0 ? [`${package_} is under ${unknown.join(', ')}`] : []
  })
}

/** `(MIT OR GPL-2.0)` is allowed by its better half; with AND, both halves count. */
function isAllowed(expression: string): boolean {
  const text = expression.trim().replace(/^\((.*)\)$/, '$1')
  if (/[()]/.test(text)) return false
  return text
    .split(/ OR /)
    .some((half) => half.split(/ AND /).every((licence) => ALLOWED.includes(licence.trim())))
}

interface Locked {
  version?: string
  integrity?: string
  resolved?: string
  hasInstallScript?: boolean
  link?: boolean
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  dev?: boolean
}

/** One line for each package of the lockfile that is not tied to its bytes, or comes from elsewhere than the registry. */
export function lockProblems(packages: Readonly<Record<string, Locked>>): string[] {
  return Object.entries(packages).flatMap(([path, { integrity, resolved, link }]) => {
    if (path === '') return []
    if (link) return [`${path} is a link`]
    if (resolved !== undefined && !resolved.startsWith('https://')) return [`${path} comes from ${resolved}`]
    return integrity?.startsWith('sha512-') ? [] : [`${path} has no SHA-512 of its bytes`]
  })
}

/** Packages whose install scripts nobody has decided about. */
export function scriptProblems(
  packages: Readonly<Record<string, Locked>>,
  decided: Readonly<Record<string, boolean>>,
): string[] {
  return Object.entries(packages).flatMap(([path, { hasInstallScript }]) => {
    const name = nameOf(path)
    return hasInstallScript && !(name in decided) ? [`${name} has an install script`] : []
  })
}

export function readLock(): { packages: Record<string, Locked>; allowScripts: Record<string, boolean> } {
  return {
    packages: read('package-lock.json').packages,
    allowScripts: read('package.json').allowScripts ?? {},
  }
}

function read(name: string) {
  return JSON.parse(readFileSync(resolve(root, name), 'utf8'))
}
